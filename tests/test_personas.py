"""Personas: those that come with the program, the user's own, and what is said of a broken file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.personas import (
    BUILT_IN,
    ROLES,
    VOICE_LIMIT,
    PersonaError,
    load_persona,
    persona_names,
    personas_for,
    user_folder,
)

GOOD = """name = "baker"
title = "Patient baker"
roles = ["critic", "architect"]
temperature = [0, 0.5]
voice = '''
You let {dough} rest. You change one ingredient at a time.
'''
"""


def own(text: str = GOOD, stem: str = "baker") -> Path:
    user_folder().mkdir(parents=True, exist_ok=True)
    path = user_folder() / f"{stem}.toml"
    path.write_text(text)
    return path


def test_at_least_eight_personas_come_with_the_program() -> None:
    personas = [load_persona(name) for name in persona_names()]
    assert len(personas) >= 8
    assert [p.name for p in personas if p.path.stem != p.name or p.own] == []
    assert len({p.voice for p in personas}) == len(personas)
    assert [p.name for p in personas if p.voice.count(". ") + p.voice.count(".\n") < 1 or "ou " not in p.voice] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_careful_personas_and_bold_ones(role: str) -> None:
    fit = personas_for(role)
    assert len(fit) >= 3
    assert "plain" in [p.name for p in fit]
    assert [p.name for p in fit if not 0.05 <= p.temperature[0] < p.temperature[1] <= 1] == []
    assert min(p.temperature[1] for p in fit) <= 0.6
    assert max(p.temperature[1] for p in fit) >= 0.8


def test_a_users_own_persona_takes_part() -> None:
    own()
    persona = load_persona("baker")
    assert persona.own
    assert (persona.title, persona.roles, persona.temperature) == ("Patient baker", ("architect", "critic"), (0.0, 0.5))
    assert persona.voice == "You let {dough} rest. You change one ingredient at a time."
    assert persona in personas_for("critic")
    assert persona not in personas_for("breeder")


def test_a_persona_can_be_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "draft.toml"
    path.write_text(GOOD)
    assert load_persona(path).name == "baker"
    assert load_persona(str(path)) == load_persona(path)
    assert "baker" not in persona_names()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("voice", "voise"), "line 5: voise: expected one of the keys name, title, roles, voice, temperature (did you"),
        (
            ('name = "baker"\n', ""),
            "name: expected up to 40 lower-case letters, digits and hyphens, but not 'any', is m",
        ),
        (('"baker"', '"Baker Joe"'), "line 1: name: expected up to 40 lower-case letters"),
        (('"baker"', '"any"'), "line 1: name: expected"),
        (('"Patient baker"', "7"), "line 2: title: expected one line of at most 80 characters, came 7"),
        (
            ('"critic"', '"cook"'),
            "line 3: roles: expected a list of at least one of architect, breeder, critic, came ['c",
        ),
        (('["critic", "architect"]', "[]"), "line 3: roles: expected"),
        (
            ("0.5]", "2.5]"),
            "line 4: temperature: expected [lowest, highest] between 0 and 2, such as [0.05, 0.4], came",
        ),
        (("[0, 0.5]", "[0.5, 0.1]"), "line 4: temperature: expected"),
        (("[0, 0.5]", "[false, true]"), "line 4: temperature: expected"),
        (("[0, 0.5]", "[0, nan]"), "line 4: temperature: expected"),
        (("[0, 0.5]", "0.3"), "line 4: temperature: expected"),
        (
            ("temperature = [0, 0.5]\n", ""),
            "temperature: expected [lowest, highest] between 0 and 2, such as [0.05, 0.4], is",
        ),
        (("rest", "rest" * VOICE_LIMIT), "line 5: voice: expected some sentences of at most 4000 characters, came"),
        (('"critic",', '"critic"'), "not valid TOML"),
    ],
)
def test_a_broken_file_is_one_line_that_names_the_key_and_the_line(change: tuple[str, str], said: str) -> None:
    path = own(GOOD.replace(*change))
    with pytest.raises(PersonaError) as error:
        load_persona("baker")
    message = str(error.value)
    assert message.startswith(str(path))
    assert said in message
    assert "\n" not in message
    assert len(message) < 400


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(PersonaError, match=r"no persona 'minimalst'; did you mean minimalist\?"):
        load_persona("minimalst")
    with pytest.raises(PersonaError, match=r"there is: .*contrarian.*tinkerer"):
        load_persona("zzz")
    with pytest.raises(PersonaError, match="roles are: architect, breeder, critic"):
        personas_for("trainer")


def test_a_file_under_another_name_is_refused_with_the_cure() -> None:
    own(stem="cook")
    with pytest.raises(PersonaError, match=r"name the file baker\.toml"):
        load_persona("cook")


def test_unreadable_files_are_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * 100_000)
    for path, said in [
        (folder, "Is a directory"),
        (binary, "not UTF-8"),
        (huge, "larger than 64 kB"),
        (tmp_path / "none.toml", "No such file"),
    ]:
        with pytest.raises(PersonaError, match=said):
            load_persona(path)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "persona.toml"


@given(st.text(max_size=200) | st.sampled_from(sorted(BUILT_IN.glob("*.toml"))).map(Path.read_text), st.data())
def test_any_text_is_a_persona_or_a_persona_error(scratch: Path, text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    scratch.write_bytes((text[:cut] + data.draw(st.text(max_size=5)) + text[cut:]).encode(errors="surrogatepass"))
    try:
        persona = load_persona(scratch)
    except PersonaError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert persona.roles
        assert persona.voice
