"""Files that people write: whatever they hold, they are read soon or refused in words."""

import pytest

from voc.base import toml


def test_a_file_is_read() -> None:
    assert toml.read('a.b = 1\n[[line]]\nkey = "x.y.z"') == {"a": {"b": 1}, "line": [{"key": "x.y.z"}]}


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("a = 1\nb = ", "Invalid value", 2),
        ("x = " + "[" * 5_000, "lists stand too deep in each other", 1),
        ("a = 1\nx = " + "9" * 5_000, "a number has too many digits", 2),
        ("a = 1\nx = 0x" + "f" * 6_000 + "\nb = 2", "a number has too many digits", 2),
        ("a = [[1, {b = " + "9" * 20 + "}]]\nc = 1", "a number has too many digits", 1),
        ("a = 1\n" + ".".join("a" * 20_000) + " = 1", "a name has more than 40 parts", 2),
        ("[" + ".".join("a" * 20_000) + "]", "a name has more than 40 parts", 1),
        ("# " + "a" * 600_000, "it is longer than 500,000 characters", 1),
    ],
)
def test_what_would_hold_up_the_reader_is_refused_with_its_line(text: str, problem: str, line: int) -> None:
    with pytest.raises(toml.NotToml) as told:
        toml.read(text)
    assert (told.value.problem, told.value.line) == (problem, line)


def test_a_number_that_every_system_can_keep_is_read() -> None:
    assert toml.read("x = 9_223_372_036_854_775_807\ny = 0x7fff_ffff") == {"x": 2**63 - 1, "y": 2**31 - 1}


def test_a_text_with_many_dots_is_no_long_name() -> None:
    assert toml.read('text = "' + "." * 100 + '"') == {"text": "." * 100}
