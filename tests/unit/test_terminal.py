"""What a stream can show."""

from io import BytesIO, StringIO, TextIOWrapper

import pytest

from alembic_plugins._terminal import (
    Style,
    can_draw,
    can_write,
    find_width,
    has_colours,
    paint,
    shorten,
)


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (Terminal(), {}, True),
        (StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (StringIO(), {"FORCE_COLOR": "1"}, True),
        (StringIO(), {"FORCE_COLOR": ""}, False),
        (StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colours_are_there_where_they_are_wanted(
    stream: StringIO, environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert has_colours(stream) is expected


def test_painted_text_goes_back_to_normal() -> None:
    assert paint("x", Style.BAD, Terminal()) == "\x1b[31mx\x1b[0m"


@pytest.mark.parametrize(("text", "style"), [("", Style.GOOD), ("x", None)])
def test_nothing_is_painted_where_there_is_nothing_to_see(text: str, style: Style | None) -> None:
    assert paint(text, style, Terminal()) == text


def test_pipe_is_not_painted() -> None:
    assert paint("x", Style.BAD, StringIO()) == "x"


def test_closed_stream_draws_nothing() -> None:
    stream = Terminal()
    stream.close()
    assert not can_draw(stream)


def test_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert (find_width(Terminal()), find_width(StringIO())) == (40, None)


@pytest.mark.parametrize(
    ("width", "text"), [(9, "long text"), (8, "long ..."), (3, "..."), (1, "."), (0, ""), (-2, "")]
)
def test_text_is_cut_to_a_width(width: int, text: str) -> None:
    assert shorten("long text", width) == text


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", True), ("ascii", False)])
def test_character_is_written_where_the_stream_has_it(encoding: str, expected: bool) -> None:
    assert can_write("└", TextIOWrapper(BytesIO(), encoding)) is expected
