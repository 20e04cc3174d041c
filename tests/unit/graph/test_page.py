"""The page of HTML that shows a graph."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from support.graphs import make_branch, make_example, make_graph, make_large

from alembic_plugins.graph.elements import element, mark_commands, render
from alembic_plugins.graph.page import render_page
from alembic_plugins.graph.values import Graph, GraphRevision

VOID = {"meta", "input"}

EVIL = "</code><script>alert(1)</script>\"'&lt;{{title}}\x00\u202e\ud800"
"""What somebody may write where a message is, and no page may take for its own."""


class Page(HTMLParser):
    """A page that was read: its elements with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that it ends what was begun last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Take note of text that is read."""
        if not {"style", "script"}.intersection(self.open):
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All text, with single blanks."""
        return " ".join(" ".join(self.texts).split())

    def find(self, name: str, **attributes: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements of a name that have some."""
        return [
            found
            for tag, found in self.elements
            if tag == name and attributes.items() <= {k: v or "" for k, v in found.items()}.items()
        ]


@pytest.fixture(scope="module")
def text() -> str:
    """The page of a graph that has everything."""
    return render_page(make_example())


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    """That page, as it was read."""
    return Page(text)


def read(graph: Graph) -> Page:
    """Return the page of a graph."""
    return Page(render_page(graph))


def test_elements_are_closed_as_they_were_opened(page: Page) -> None:
    assert page.open == []


def test_page_asks_for_nothing_else(page: Page, text: str) -> None:
    asked = [
        a for _, a in page.elements for name in a if name in ("src", "srcset", "data", "style")
    ]
    links = {str(a["href"])[:1] for _, a in page.elements if "href" in a}
    assert (asked, links) == ([], {"#"})
    assert [word for word in ("@import", "url(", "://") if word in text] == []


def test_policy_lets_in_nothing_but_its_own_style_and_script(page: Page, text: str) -> None:
    (policy,) = [a["content"] for a in page.find("meta") if a.get("http-equiv")]
    inner = [
        re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL) for name in ("style", "script")
    ]
    hashes = [b64encode(sha256(found.encode()).digest()).decode() for [found] in inner]
    rules = [f"{n}-src 'sha256-{h}'" for n, h in zip(("style", "script"), hashes, strict=True)]
    others = ["default-src 'none'", *rules, "base-uri 'none'", "form-action 'none'"]
    assert str(policy).split("; ") == others


def test_ids_are_there_once_and_links_lead_to_them(page: Page) -> None:
    ids = [a["id"] for _, a in page.elements if "id" in a]
    targets = {str(a["href"])[1:] for a in page.find("a")}
    named = {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a}
    assert len(ids) == len(set(ids))
    assert targets | named <= set(ids)


def test_headings_go_down_by_one_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(
    "words",
    [
        "The host and 8 plugins:",
        "PostgreSQL 18.6, read as deploy on 2026-11-27 14:30 UTC.",
        "Something else is wrong.",
        "Column crm.people.note was made by no revision.",
        "1 revision is pending: alembic plugin upgrade crm .",
        "Its declaration is wrong.",
        "Its files are gone, and what it has made is still there.",
        "Table crm.people has another owner.",
        "It was recorded by another release.",
        "It may make, change and drop what is in its schema crm.",
        "It may read, and refer to, what belongs to the host and tags.",
        "It may also change, but not drop, users.",
        "It may make the PostgreSQL extension citext.",
        "Anything else is refused by the guard, and rolled back.",
        'make <people> & "places"',
        "applied 2026-11-27 14:30 by deploy, 90 ms · depends on tags_2 · phase expand",
        "1,234 rows · 8,192 kB",
        "It is refused because of sales, or with --cascade takes that too.",
        "What depends on its objects: view sales.people of plugin 'sales'.",
        "It takes 1 table with about 1,234 rows, 8,192 kB.",
        "It takes 1 other object.",
        "It takes the column users.level.",
        "It deletes 2 values of its store.",
        "Revision crm_1 cannot be downgraded: NotImplementedError.",
        "upgrade failed base → crm_1 2026-11-27 14:30 by deploy, 1.5 s it raised <Error>",
        "alembic plugin uninstall crm --dry-run counts it as it is then.",
        "alembic plugin uninstall is_quarantined --purge --dry-run counts it as it is then.",
        "3 earlier events: alembic plugin history crm .",
    ],
)
def test_page_tells(page: Page, words: str) -> None:
    assert words in page.text


@pytest.mark.parametrize(
    "state",
    ["applied", "pending", "edited", "ahead", "orphaned", "interrupted", "set aside", "drifted"],
)
def test_states_are_words(page: Page, state: str) -> None:
    assert f"{state} " in page.text


def test_picture_has_a_lane_for_each_branch_and_no_part_in_what_is_read_aloud(page: Page) -> None:
    names = [branch.name for branch in make_example().branches]
    assert len(page.find("g", **{"class": "lane"})) == len(names)
    assert page.find("svg", **{"class": "picture"})[0]["aria-hidden"] == "true"
    assert len(page.find("details", **{"class": "branch"})) == len(names)


def test_nothing_waits_where_all_is_in_order() -> None:
    page = read(make_graph(make_branch("host", "applied"), make_branch("tags", "applied")))
    assert "In order Nothing waits" in page.text
    assert "Needs attention" not in page.text.replace("needs attention", "")


def test_few_branches_are_unfolded_and_many_are_not() -> None:
    few, many = read(make_large(3)), read(make_large(4))
    assert [len(page.find("details", open="")) for page in (few, many)] == [4, 0]


def test_what_asks_for_something_is_folded_where_it_is_much() -> None:
    broken = [
        replace(make_branch(f"p{n}"), problem=f"wrong {n}", state="broken") for n in range(20)
    ]
    page = read(make_graph(make_branch("host", "applied"), *broken))
    assert "wrong 7 12 others p8 : wrong 8" in page.text


def test_whatever_somebody_has_written_is_text() -> None:
    revision = GraphRevision(EVIL, EVIL, EVIL, 1, applied_by=EVIL, irreversible=EVIL)
    branch = replace(make_branch("tags", "applied"), revisions=(revision,), namespace=EVIL)
    branch = replace(branch, version=EVIL, description=EVIL, package=EVIL, state=EVIL, name=EVIL)
    page = read(make_graph(make_branch("host", "applied"), branch, problems=[EVIL]))
    assert len(page.find("script")) == 1
    assert r"""</code><script>alert(1)</script>"'&lt;{{title}}\x00\u202e\ud800""" in page.text
    assert page.open == []


def test_page_can_be_written_in_utf_8() -> None:
    branch = replace(make_branch("tags", "applied"), description="caf\xe9 \ud800 \u2028")
    assert b"caf\xc3\xa9" in render_page(make_graph(branch)).encode()


def test_elements_escape_what_is_put_into_them() -> None:
    found = element("a", "<b>", element("b", "&"), None, ["x"], title='"<', href="#x", hidden=True)
    assert found == '<a title="&quot;&lt;" href="#x" hidden>&lt;b&gt;<b>&amp;</b>x</a>'


def test_commands_in_a_sentence_are_code() -> None:
    found = render(mark_commands("See 'tags', with 'alembic plugin repair tags'."))
    assert found == "See &#x27;tags&#x27;, with <code>alembic plugin repair tags</code>."
