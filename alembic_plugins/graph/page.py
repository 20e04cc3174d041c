"""The graph as one page of HTML, which needs no network and holds all that it shows."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from .elements import Content, Markup, element, list_items, mark_commands, render
from .picture import find_anchor, make_legend, make_picture
from .sections import find_work, show_branch
from .values import Graph
from .words import count, moment, summarize

_SHOWN = 8
"""How many things that ask for something are shown before the others are folded."""


def render_page(graph: Graph) -> str:
    """Return the page."""
    required: dict[str, list[str]] = {}
    for branch in graph.branches:
        for item in branch.requires:
            required.setdefault(item.name, []).append(branch.name)
    style, script = _read("page.css"), _read("page.js")
    return _fill(
        _read("page.html"),
        {
            "style_hash": _hash(style),
            "script_hash": _hash(script),
            "style": Markup(style),
            "script": Markup(script),
            "title": f"Plugins of {graph.database}",
            "summary": summarize(graph),
            "place": _describe_place(graph),
            "attention": _show_attention(graph),
            "choices": _show_choices(graph),
            "matches": _count_branches(graph),
            "legend": make_legend(graph.branches),
            "graph": make_picture(graph.branches),
            "branches": (show_branch(graph, branch, required) for branch in graph.branches),
        },
    )


def _describe_place(graph: Graph) -> str:
    return f"PostgreSQL {graph.server}, read as {graph.role} on {moment(graph.read_at)} UTC."


@cache
def _read(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text("utf-8")


def _hash(text: str) -> Markup:
    """Return what a page's policy calls a style or a script, so that no other one is let in."""
    return Markup(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'")


def _fill(template: str, values: dict[str, Content]) -> str:
    """Return a template with values in the places that are called by their names."""
    first, *others = template.split("{{")
    parts = [first]
    for other in others:
        name, _, rest = other.partition("}}")
        parts += [render(values[name]), rest]
    return "".join(parts)


def _count_branches(graph: Graph) -> str:
    total = len(graph.branches)
    return f"{total} of {total} {'branch' if total == 1 else 'branches'}"


def _show_choices(graph: Graph) -> list[Markup]:
    """Return the states to choose from: all, whatever asks for something, and those that are."""
    states = {state for branch in graph.branches for state in branch.states}
    choices = {"": "all", "attention": "needs attention", **{it: it for it in sorted(states)}}
    return [element("option", words, value=value) for value, words in choices.items()]


def _show_attention(graph: Graph) -> Markup:
    """Return what somebody has to see to, of all branches."""
    items: list[Content] = [mark_commands(words) for words in graph.problems]
    for branch in graph.branches:
        link = element("a", branch.name, href=f"#{find_anchor(branch.name)}")
        items += [(link, ": ", mark_commands(words)) for words in find_work(branch)]
    title = element("h2", "Needs attention" if items else "In order", id="attention-title")
    words = element("p", "Nothing waits, and nothing is otherwise than it was recorded.")
    more = items[_SHOWN:]
    folded = element(
        "details", element("summary", f"{count(len(more), 'other')}"), list_items(more)
    )
    return element(
        "section",
        title,
        list_items(items[:_SHOWN]) if items else words,
        folded if more else None,
        class_="attention" if items else "attention none",
        aria_labelledby="attention-title",
    )
