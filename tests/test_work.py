"""Work is told by frames from outside, judged against the seed's, and timed with nothing else on the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.turns import Turns
from agents.work import MOST_WORK, Beside, Work, middle, settled, too_many_operations, work_of
from sandbox.contract import Frame


def frames(build: float, parts: Iterable[tuple[float, float]]) -> list[Frame]:
    """What a training sends that builds, then trains and predicts for these seconds."""
    at, sent = build, [Frame("built", {}, {}, build)]
    for train, predict in parts:
        sent.append(Frame("progress", {}, {}, at := at + train))
        sent.append(Frame("predict", {"split": "val"}, {}, at := at + predict))
    return sent


seconds = st.floats(0.001, 100)


@given(seconds, st.lists(st.tuples(seconds, seconds), min_size=1, max_size=5))
def test_building_training_and_predicting_are_told_apart(build: float, parts: list[tuple[float, float]]) -> None:
    work = work_of(frames(build, parts))
    assert work is not None
    assert (work.build_s, work.looks) == (build, len(parts))
    assert work.train_s == pytest.approx(sum(train for train, _ in parts))
    assert work.predict_s == pytest.approx(sum(predict for _, predict in parts))


@given(st.lists(st.sampled_from(["built", "progress", "predict", "weights"]), max_size=8))
def test_frames_in_any_order_never_tell_of_less_time_than_they_took(kinds: list[str]) -> None:
    sent = [Frame(kind, {"split": "val"}, {}, float(at + 1)) for at, kind in enumerate(kinds)]
    if (work := work_of(sent)) is not None:
        last = max(frame.cpu_s for frame in sent if frame.kind == "predict")
        told = work.build_s + work.train_s + work.predict_s
        assert told <= last
        assert work.train_s >= work.looks  # of every look something was trained before


def beside(
    step: float, build: float = 0.02, look: float = 0.004, start: float = 0.0, varies: bool = False, every: int = 100
) -> Beside:
    """A program whose steps take `step` seconds and by their operations 0.002, beside a seed whose steps take 0.003."""
    seed = [Work(0.02, 0.003 * every + 0.01, 0.004, 1)] * 3
    own = [Work(build, every * step + 0.01, look, 1)] * 3
    return Beside(own, seed, 0.002, 0.0029, start, varies, every, 1000, 128, 500)


def test_honest_work_is_let_through_and_twice_the_steps_never() -> None:
    assert beside(0.0021).fault() == ""
    assert "times the processor time of its own operations" in beside(0.0042).fault()
    assert beside(0.0021).ratio(beside(0.0021).own) < MOST_WORK < beside(0.0042).ratio(beside(0.0042).own)


def test_what_the_first_steps_need_once_is_allowed_once() -> None:
    slow = 0.0021 + 0.036 / 20
    assert "own operations" in beside(slow, every=20).fault()
    assert beside(slow, every=20, start=0.036).fault() == ""
    assert "own operations" in beside(0.0042 + 0.036 / 20, every=20, start=0.036).fault()
    assert "own operations" in beside(slow, every=1000, start=0.036).fault()


@pytest.mark.parametrize("start", [0.0005, 0.005, 0.1])
def test_a_step_that_meets_new_sizes_may_take_longer_but_never_be_two(start: float) -> None:
    longer = 0.0021 + min(start, 0.0012)
    assert beside(longer, start=start, varies=True).fault() == ""
    assert "own operations" in beside(0.0042 + min(start, 0.001), start=start, varies=True, every=1000).fault()
    assert "own operations" in beside(0.0042, start=start, varies=True, every=1000).fault()


def test_work_is_measured_until_it_is_told_without_doubt_and_nothing_says_otherwise() -> None:
    near, over, clear, twice = beside(0.0029), beside(0.0031), beside(0.0021), beside(0.0042)
    assert [one.doubtful() for one in (near, over, clear, twice)] == [True, True, False, False]
    told = ([clear], [twice], [near, clear], [over, twice])
    assert [settled(found) for found in told] == [True] * len(told)
    untold = ([], [near], [over], [near, over], [over, clear], [near, twice], [clear, near])
    assert [settled(found) for found in untold] == [False] * len(untold)
    assert [middle(found) for found in told] == [clear, twice, near, twice]
    assert middle([over, clear, near]) is near
    assert middle([near, twice, over]) is over


def test_building_and_predicting_are_bounded_each_for_itself() -> None:
    assert "building took" in beside(0.001, build=1.0).fault()
    assert "predicting took" in beside(0.001, look=1.0).fault()


ONCE = {"flops": 1000.0, "learn_flops": 3 * 128 * 1000.0, "update_flops": 900.0}
SHAPES = [(40, 64), (64,), (64, 10)]


def test_a_step_that_does_the_work_of_several_is_found_by_its_operations() -> None:
    assert too_many_operations(ONCE, {40, 64}, SHAPES, 128) == ""
    twice = ONCE | {"learn_flops": 2 * 3 * 128 * 1000.0 + 64 * 3264}
    assert "does the work of" in too_many_operations(twice, {40, 64}, SHAPES, 128)
    costly = ONCE | {"update_flops": 1e6}
    assert too_many_operations(costly, {40, 64, 10, 2560}, SHAPES, 128) == ""  # an optimiser of matrix products
    assert "it trains" in too_many_operations(costly, {40, 64, 128}, SHAPES, 128)


async def test_whoever_is_timed_has_the_machine_alone() -> None:
    turns, on, seen = Turns(), set[str](), list[set[str]]()

    async def use(name: str, alone: bool) -> None:
        async with turns.alone() if alone else turns.shared():
            on.add(name)
            for _ in range(3):
                await asyncio.sleep(0)
                seen.append(set(on))
            on.discard(name)

    jobs = [use(f"{'alone' if n % 3 == 0 else 'shared'} {n}", n % 3 == 0) for n in range(12)]
    await asyncio.wait_for(asyncio.gather(*jobs), 60)
    assert all(len(who) == 1 for who in seen if any(name.startswith("alone") for name in who))
    assert any(len(who) > 1 for who in seen)


async def test_one_who_gives_up_waiting_to_be_alone_keeps_nobody_waiting() -> None:
    turns = Turns()
    async with turns.shared():

        async def alone() -> None:
            async with turns.alone():
                raise AssertionError("not alone")

        waiting = asyncio.ensure_future(alone())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(60), turns.shared():
            pass
