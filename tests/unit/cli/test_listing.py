"""The forms of the list: as a tree, of what is pending, on terminals of any width."""

import json
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from alembic.config import Config

from alembic_plugins import commands
from alembic_plugins.cli.listing import list_plugins
from alembic_plugins.cli.tree import draw_tree
from alembic_plugins.errors import WrongCombination
from alembic_plugins.reports.listing import Listing
from alembic_plugins.reports.pending import PendingRevision
from alembic_plugins.reports.status import PluginStatus

CRM = PluginStatus("crm", "2.0", "schema crm", "outdated", "c1", "c2", 1)
TAGS = PluginStatus("tags", "1.2", "schema tags", "installed", "t1", "t1", 0)
TAX = PluginStatus("tax", None, "schema tax", "available", None, "x1", 1)
GONE = PluginStatus("gone", "1", "schema gone", "orphaned", "g1", None, None)
PENDING = (PendingRevision("host", "h2", "add users"), PendingRevision("crm", "c2", "add leads"))


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def show(
    monkeypatch: pytest.MonkeyPatch,
    listing: Listing,
    stream: StringIO | None = None,
    *,
    columns: int = 80,
    **options: bool,
) -> list[str]:
    """Return the lines that are printed of a listing."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(commands, "list_plugins", lambda _config, **_: listing)
    stream = stream or StringIO()
    chosen = {"as_json": False, "tree": False, "pending": False, **options}
    list_plugins(Config(stdout=stream), **chosen)
    return stream.getvalue().splitlines()


def draw(listing: Listing) -> list[str]:
    """Return the first column of a tree."""
    return [label for label, _, _ in draw_tree(listing, StringIO())]


def test_tree_has_what_is_required_below_what_requires_it(monkeypatch: pytest.MonkeyPatch) -> None:
    requires = {"crm": ("tags>=1.2", "tax?"), "tags": ("tax",)}
    listing = Listing((CRM, TAGS, TAX, GONE), (), requires=requires)
    assert show(monkeypatch, listing, tree=True) == [
        "crm            2.0  outdated, 1 revision behind",
        "|-- tags>=1.2  1.2  installed",
        "|   `-- tax    -    available",
        "`-- tax?       -    available",
        "gone           1    orphaned",
    ]


def test_tree_has_lines_where_the_stream_has_them() -> None:
    listing = Listing((CRM, TAGS), (), requires={"crm": ("tags",)})
    rows = draw_tree(listing, TextIOWrapper(BytesIO(), "utf-8"))
    assert [label for label, _, _ in rows] == ["crm", "└── tags"]


def test_tree_shows_what_is_missing() -> None:
    listing = Listing((CRM,), (), requires={"crm": ("tags>=3",)})
    assert list(draw_tree(listing, StringIO()))[1] == ("`-- tags>=3", "-", "missing")


def test_tree_shows_once_what_several_require() -> None:
    requires = {"crm": ("tags",), "gone": ("tags",), "tags": ("tax",)}
    rows = list(draw_tree(Listing((CRM, GONE, TAGS, TAX), (), requires=requires), StringIO()))
    assert [label for label, _, _ in rows] == [
        "crm",
        "`-- tags",
        "    `-- tax",
        "gone",
        "`-- tags",
    ]
    assert rows[-1][2] == "installed, shown above"


def test_tree_ends_where_plugins_require_each_other() -> None:
    listing = Listing((CRM, TAGS), (), requires={"crm": ("tags",), "tags": ("crm",)})
    assert draw(listing) == ["crm", "`-- tags", "    `-- crm"]


@pytest.mark.parametrize("other", ["as_json", "pending"])
def test_tree_is_refused_with_another_form(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    with pytest.raises(WrongCombination):
        show(monkeypatch, Listing((), ()), as_json=other == "as_json", tree=True, pending=True)


def test_pending_revisions_have_their_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Listing((CRM,), (), pending=PENDING)
    assert show(monkeypatch, listing, pending=True) == [
        "host  h2  add users",
        "crm   c2  add leads",
    ]


def test_nothing_is_pending_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show(monkeypatch, Listing((TAGS,), ()), pending=True) == ["nothing is pending"]


def test_pending_revisions_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = show(monkeypatch, Listing((), (), pending=PENDING[:1]), pending=True, as_json=True)
    expected = [{"plugin": "host", "revision": "h2", "message": "add users"}]
    assert json.loads("\n".join(lines)) == expected


def test_states_have_colours_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = show(monkeypatch, Listing((CRM, GONE, TAGS, TAX), ()), Terminal())
    assert [line.partition("  ")[0] for line in lines] == [
        "\x1b[33m[X] crm \x1b[0m",
        "\x1b[31m[!] gone\x1b[0m",
        "\x1b[32m[X] tags\x1b[0m",
        "[ ] tax",
    ]


def test_json_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in "".join(show(monkeypatch, Listing((CRM,), ()), as_json=True))


def test_row_is_folded_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = show(monkeypatch, Listing((CRM, TAX), ()), Terminal(), columns=32)
    assert lines == [
        "[X] crm",
        "    2.0  schema crm  c1  1",
        "    revision behind",
        "[ ] tax  -    schema tax",
    ]


def test_row_is_not_folded_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = show(monkeypatch, Listing((CRM,), ()), columns=20)
    assert lines == ["[X] crm  2.0  schema crm  c1  1 revision behind"]
