"""JSON is written and read as the standard library does it."""

import json
import math
from random import Random
from typing import Any

import pytest

from gamegrid import quick_json

CHARACTERS = [*map(chr, range(0x180)), "\u2028", "\u2029", "\ufeff", "\ud800", "\udfff", "😀"]


def text(draw: Random) -> str:
    return "".join(draw.choices(CHARACTERS, k=draw.randrange(12)))


@pytest.mark.parametrize("number", range(20))
def test_texts_are_written_as_the_standard_library_writes_them(number: int) -> None:
    draw = Random(number)
    for said in (text(draw) for _ in range(500)):
        assert quick_json.quoted(said) == json.dumps(said, ensure_ascii=False)
        assert quick_json.escaped(said) == json.dumps(said)
        assert json.loads(quick_json.body({"said": said})) == {"said": said}


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
def test_every_character_is_read_back(character: str) -> None:
    for written in (json.dumps(character), json.dumps(character, ensure_ascii=False)):
        assert quick_json.loads(written) == character


@pytest.mark.parametrize(
    "written",
    ['{"a": 1, "a": 2}', "[1e400, -0.0, 1E5, 0.1]", "[Infinity, -Infinity]", " null ", '"\\ud83d"'],
)
def test_values_are_read_as_the_standard_library_reads_them(written: str) -> None:
    assert quick_json.loads(written) == json.loads(written)


def test_a_number_that_is_none_is_read() -> None:
    assert math.isnan(quick_json.loads("NaN"))


@pytest.mark.parametrize("written", ["", "{", "[1,]", "nul", "{'a': 1}", '"\n"', "\ufeff{}"])
def test_what_the_standard_library_refuses_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        quick_json.loads(written)


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(RecursionError):
        quick_json.loads("[" * 200_000)


@pytest.mark.parametrize("value", [{"n": 2**70}, {1: "a"}, {"x": ("a", None, True)}], ids=str)
def test_a_body_holds_what_the_standard_library_would_write(value: Any) -> None:
    assert json.loads(quick_json.body(value)) == json.loads(json.dumps(value))
