"""Lessons are held to what they cite; repeats are merged, and of two that say the opposite one stands."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from memory_world import child, evidence, lesson, seed

import genome
from memory.experience import delta_of
from memory.lesson_book import root_of
from memory.lessons import WRITTEN, Measured, alike, disagreement, measure, relation, room, subject
from memory.records import Candidate, Evidence, Lesson
from memory.settling import Settled, revised, settle
from memory.steps import Exhibit, choose, size, step_of, units, verdict

NOISE = {"val_error": 2.4}
GOALS = {"val_error": "min", "params": "min"}


def step(error: float | None, params: float = 0.0, number: int = 0) -> Evidence:
    delta = None if error is None else {"val_error": error, "params": params}
    return evidence(child(1, number), seed(), delta=delta, failure=None if delta else "shape")


def effect_of(*steps: Evidence) -> Measured:
    return measure([Exhibit(one, "win", 1.0, noise=NOISE) for one in steps])


def test_an_effect_is_down_only_beyond_the_noise_and_with_no_step_against_it() -> None:
    assert effect_of(step(-3.0, 10.0)).effect == {"val_error": "down", "params": "up"}
    assert effect_of(step(-2.0)).effect == {"val_error": "same", "params": "same"}
    assert effect_of(step(-9.0), step(4.0)).effect["val_error"] == "same"
    assert effect_of(step(-9.0), step(1.0)) == Measured(
        {"val_error": "down", "params": "same"}, {"val_error": -4.0, "params": 0.0}, 1
    )
    assert effect_of(step(None), step(None)) == Measured({}, {}, 2)


def test_a_claim_of_the_wrong_sign_is_refused_and_one_within_the_noise_corrected() -> None:
    rose = effect_of(step(5.0, -100.0))
    assert disagreement({"val_error": "down"}, rose)[0] == "refused"
    assert disagreement({"val_error": "down", "params": "down"}, rose)[0] == "corrected"
    assert disagreement({"val_error": "down"}, effect_of(step(-1.0))) == (
        "corrected",
        "val_error was called down, the steps say same (-1)",
    )
    assert disagreement({"val_error": "up"}, rose) == ("", "")
    assert disagreement({"val_error": "down"}, effect_of(step(None)))[0] == "corrected"


def said(number: int, way: str, supporting: int = 1, **more: object) -> Lesson:
    return lesson(number, effect={"val_error": way}, supporting=supporting, evidence=(f"g01-{number:02d}",), **more)


def always(_: Lesson, __: Lesson) -> bool:
    return True


def remeasured(way: str):  # type: ignore[no-untyped-def]
    return lambda ids: Measured({"val_error": way}, {"val_error": -5.0}, len(ids))


def test_a_repeat_gives_its_evidence_to_the_earlier_lesson() -> None:
    first, again = said(1, "down"), said(2, "down", generation=2)
    found = {one.id: one for one in settle([first], again, always, remeasured("down")).lessons}
    assert found[again.id] == replace(again, into=first.id)
    assert found[first.id].evidence == ("g01-01", "g01-02")
    assert found[first.id].supporting == 2
    assert found[first.id].claim == first.claim


def test_a_later_lesson_that_rests_on_all_of_an_earlier_one_and_more_takes_it_in() -> None:
    first = said(1, "down")
    more = replace(said(2, "down", generation=2), evidence=("g01-01", "g02-02"))
    settled = settle([first], more, always, remeasured("down"))
    found = {one.id: one for one in settled.lessons}
    assert found[first.id].into == more.id
    assert found[more.id].evidence == ("g01-01", "g02-02")
    assert settled.verdicts == (
        {"lesson": first.id, "done": "merged", "why": f"{more.id} says as much and rests on more"},
    )


def never(_: Lesson, __: Lesson) -> bool:
    return False


def test_a_named_lesson_is_revised_whatever_it_says_and_its_quarrels_go_to_the_new_one() -> None:
    foe, old = said(1, "up"), said(2, "down", supporting=3)
    known = {one.id: one for one in settle([foe], old, always, remeasured("down")).lessons}
    assert known[foe.id].against == old.id
    new = said(3, "down", generation=3)
    known |= {one.id: one for one in settle(list(known.values()), new, never, remeasured("down"), old.id).lessons}
    assert (known[old.id].into, known[new.id].evidence) == (new.id, ("g01-03", "g01-02"))
    assert (known[foe.id].against, known[new.id].supersedes) == (new.id, (foe.id,))
    # measured the other way the new one does not contradict it any more
    known |= {
        one.id: one for one in revised(known.values(), lambda one: one.id == new.id, never, remeasured("up")).lessons
    }
    assert (known[foe.id].against, known[new.id].supersedes) == ("", ())


def test_what_is_measured_again_says_what_became_of_its_effect() -> None:
    one, other = said(1, "down"), said(2, "up")
    gone = revised([one, other], lambda lesson: lesson.id == one.id, never, remeasured("same"))
    assert [x.effect for x in gone.lessons] == [{"val_error": "same"}]
    assert gone.verdicts[0]["why"] == "measured again, its effect is gone: val_error was down, now same (-5)"
    struck = revised([one], lambda _: True, never, lambda _: Measured({}, {}, 1))
    assert struck.verdicts[0]["why"] == "measured again, every step that it cites failed"
    assert revised([one], lambda _: False, never, remeasured("same")) == Settled(())


def test_what_sums_leave_behind_is_no_change() -> None:
    a, b = {"val_error": 0.1 + 0.2, "params": 5.0}, {"val_error": 0.3, "params": 4.0}
    assert delta_of(child(1, 0, objectives=a), seed(objectives=b)) == {"val_error": 0.0, "params": 1.0}
    assert effect_of(step(0.1 + 0.2), step(-0.3)).means["val_error"] == 0.0


def test_a_reflection_may_write_a_lesson_for_each_two_steps_that_tell_something() -> None:
    losses = [Exhibit(step(9.0, number=n), "loss", 3.0) for n in range(30)]
    quiet = [Exhibit(step(0.1), "within noise", 0.1), Exhibit(replace(step(None), failure="duplicate"), "failure", 0.0)]
    assert [room([*losses[:n], *quiet]) for n in (0, 1, 4, 5, 30)] == [1, 1, 2, 2, WRITTEN]


def test_of_two_that_say_the_opposite_the_better_supported_stands_and_names_the_other() -> None:
    strong, weak = said(1, "down", supporting=3), said(2, "up")
    settled = settle([strong], weak, always, remeasured("down"))
    found = {one.id: one for one in settled.lessons}
    assert found[weak.id].against == strong.id
    assert found[strong.id].supersedes == (weak.id,)
    assert settled.verdicts[0]["lesson"] == weak.id
    # more evidence for the weak one turns it round
    known = list(found.values())
    more = said(3, "up", supporting=4, generation=2)
    found |= {
        one.id: one for one in settle(known, more, always, lambda ids: Measured({"val_error": "up"}, {}, 5)).lessons
    }
    assert (found[weak.id].against, found[strong.id].against) == ("", weak.id)
    assert found[weak.id].supersedes == (strong.id,)
    assert found[strong.id].supersedes == ()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["up", "down", "same"]),
            st.integers(0, 6),
            st.sampled_from(["head", "body"]),
            st.none() | st.integers(0, 11),
        ),
        max_size=12,
    )
)
def test_no_two_lessons_that_stand_say_the_opposite_and_none_is_lost(
    told: list[tuple[str, int, str, int | None]],
) -> None:
    known: dict[str, Lesson] = {}
    for number, (way, supporting, segment, old) in enumerate(told):
        new = said(number, way, supporting, segment=segment)
        about = lambda a, b: a.segment == b.segment  # noqa: E731
        revises = f"L01-{old}" if f"L01-{old}" in known and known[f"L01-{old}"].segment == segment else ""
        known |= {one.id: one for one in settle(list(known.values()), new, about, remeasured(way), revises).lessons}
    assert len(known) == len(told)
    standing = [one for one in known.values() if not one.into and not one.against]
    for one in standing:
        for other in standing:
            assert one.segment != other.segment or relation(one, other) != "opposite"
    for one in known.values():
        assert not one.into or known[root_of(one.id, known)].into == ""
        assert not one.against or (one.id in known[one.against].supersedes and not known[one.against].into)
        assert all(known[id].against == one.id for id in one.supersedes)
        assert not one.into or set(known[root_of(one.id, known)].evidence) >= set(one.evidence)


def test_a_repeat_does_not_free_its_twin_from_a_lesson_that_is_like_the_twin_alone() -> None:
    foe, twin = said(1, "up", supporting=9), said(2, "down", generation=2)
    known = {one.id: one for one in settle([foe], twin, always, remeasured("down")).lessons}
    assert known[twin.id].against == foe.id

    def apart(a: Lesson, b: Lesson) -> bool:
        return {a.id, b.id} != {foe.id, "L03-0"}

    repeat = replace(said(3, "down", generation=3), id="L03-0")
    known |= {one.id: one for one in settle(list(known.values()), repeat, apart, remeasured("down")).lessons}
    assert known[repeat.id].into == twin.id
    assert known[twin.id].against == foe.id


def test_what_was_measured_here_stands_against_what_was_borrowed() -> None:
    lent = replace(said(1, "up", supporting=9), id="other.1234/L01-1")
    mine = said(2, "down")
    found = {one.id: one for one in settle([lent], mine, always, remeasured("down")).lessons}
    assert found[lent.id].against == mine.id
    again = replace(lent, effect={"val_error": "down"})
    assert settle([mine], again, always, remeasured("down")).lessons == (replace(again, into=mine.id),)


def test_opposite_outcomes_of_one_change_have_one_subject() -> None:
    up = lesson(1, claim="Dropout change in segment head: val_error +3.2 on average over 2 steps, e.g. `p=0.5`")
    down = lesson(
        2,
        claim="Dropout change in segment head: val_error -4 on average over 1 step, e.g. `p=0.1`",
        effect={"val_error": "down"},
    )
    assert subject(replace(up, effect={"val_error": "up"})) == subject(down) == "dropout"
    assert alike(up, down, 1.0)
    assert not alike(up, replace(down, segment="body"), 1.0)


def test_a_step_within_the_noise_is_neither_gain_nor_loss() -> None:
    read = [verdict(s, NOISE, GOALS) for s in (step(-2.4), step(-2.5), step(2.5), step(-3.0, 9.0), step(None))]
    assert read == ["within noise", "win", "loss", "trade", "failure"]
    assert size(step(-4.8, 130.25), units(NOISE, seed().objectives)) == 2.0
    assert units(NOISE, seed().objectives)["params"] == 0.05 * 5210


def test_gains_and_failures_are_both_shown_and_chance_comes_last() -> None:
    shown = [Exhibit(step(-5.0 - n, number=n), "win", 5.0 + n) for n in range(9)]
    shown += [Exhibit(step(None, number=20 + n), "failure", 0.0, nearness=n / 10) for n in range(3)]
    shown += [Exhibit(step(0.1, number=30), "within noise", 0.1)]
    few = choose(shown, 4)
    assert [one.verdict for one in few] == ["win", "failure", "win", "failure"]
    assert few[0].step.child == "g01-05", "of the largest, which count alike, the first"
    assert few[1].nearness == 0.2
    random.Random(1).shuffle(shown)
    assert choose(shown, 4) == few
    assert choose(shown, 99)[-1].verdict == "within noise"


PROGRAM = "# EVOLVE-BLOCK-START a\nx = {}\n# EVOLVE-BLOCK-END\n# EVOLVE-BLOCK-START b\ny = {}\n# EVOLVE-BLOCK-END\n"


def test_a_merge_that_changed_one_segment_is_about_that_segment() -> None:
    def made(id: str, x: int, y: int, **more: object) -> Candidate:
        return replace(child(1, 0), id=id, files={"program.py": PROGRAM.format(x, y)}, **more)

    a, b = made("a", 1, 1), made("b", 2, 2, objectives={"val_error": 10.0, "params": 1.0})
    cross = {"operator": "cross", "segment": None, "parents": ("a", "b")}
    from_a = step_of(made("c", 1, 2, **cross), [a, b])
    assert (from_a.parent, from_a.segment) == ("a", "b")
    from_b = step_of(made("d", 2, 3, **cross), [a, b])
    assert (from_b.parent, from_b.segment) == ("b", "b")
    assert from_b.delta == {"val_error": 5.0, "params": 4999.0}
    assert genome.diff(b.files, made("d", 2, 3).files) == from_b.diff
    both = step_of(made("e", 3, 3, **cross), [a, b])
    assert (both.parent, both.segment) == ("a", None)
    assert step_of(made("e", 3, 3, **cross), [a, b], GOALS).parent == "b", (
        "the better parent is what it is held against"
    )
    assert step_of(made("c", 1, 2, **cross), [a, b], GOALS).parent == "b"
    assert step_of(made("c", 1, 3, **cross), [a, b], GOALS).parent == "a", "only its change is of one segment"
    assert step_of(made("f", 1, 3, segment="b"), [a]).segment == "b"
    assert step_of(made("f", 3, 3, segment="b"), [a]).segment is None, "its author changed more than was asked"
    assert step_of(made("f", 1, 1, segment="b"), [a]).segment == "b", "no program came, yet it is known what was asked"


def test_a_duplicate_takes_no_room_from_a_step_that_tried_something() -> None:
    twin = Exhibit(replace(step(None, number=1), failure="duplicate"), "failure", 0.0, nearness=1.0)
    loss = Exhibit(step(5.0, number=2), "loss", 2.0)
    assert choose([twin, loss], 1) == [loss]
    assert choose([twin, loss], 2) == [loss, twin]
