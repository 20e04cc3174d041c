"""The part of the page that is about one branch."""

from collections.abc import Iterable, Iterator

from .._quoting import quote_commands
from ..registry.history import Event
from .elements import Content, Markup, element, list_items, mark_commands
from .permissions import describe_loss, describe_permissions
from .picture import find_anchor, show_state
from .values import Graph, GraphBranch, GraphObject, GraphRevision
from .words import count, duration, measure, moment, summarize_branch

_OPEN = 4
"""Up to how many branches each is unfolded when the page is opened."""

Required = dict[str, list[str]]
"""The plugins that require each, by its name."""


def show_branch(graph: Graph, branch: GraphBranch, required: Required) -> Markup:
    """Return all that there is to know of a branch, which can be folded."""
    name = branch.name
    summary = element(
        "summary",
        element("h3", name),
        element("span", branch.version, class_="version") if branch.version else None,
        map(show_state, branch.states),
        element("span", summarize_branch(branch), class_="brief"),
    )
    inside = element(
        "div",
        _show_part(
            "What there is to do", map(mark_commands, find_work(branch)), class_="plain found wide"
        ),
        element("div", element("h4", "What it is"), _show_facts(branch, required)),
        element(
            "div",
            element("h4", "What it may touch"),
            list_items(describe_permissions(graph, branch), class_="plain"),
        ),
        _show_part("Revisions", map(_show_revision, branch.revisions), class_="lines revisions"),
        _show_part("Objects", map(_show_object, branch.objects), class_="lines objects"),
        _show_uninstall(branch),
        _show_history(branch),
        class_="inside",
    )
    return element(
        "details",
        summary,
        inside,
        class_="branch",
        id=find_anchor(name),
        data_states=",".join((*branch.states, *(["attention"] if any(find_work(branch)) else ()))),
        open=len(graph.branches) <= _OPEN,
    )


def find_work(branch: GraphBranch) -> Iterator[str]:
    """Yield what is to be done about a branch, or seen to, in sentences."""
    if branch.problem:
        yield branch.problem
    if branch.state == "orphaned":
        yield "Its files are gone, and what it has made is still there."
    if branch.state == "leftover":
        yield _end(branch.remark)
    if branch.pending and branch.state == "outdated":
        way = "alembic upgrade head" if branch.is_host else f"alembic plugin upgrade {branch.name}"
        number = len(branch.pending)
        does = "is pending" if number == 1 else "are pending"
        yield quote_commands(f"{count(number, 'revision')} {does}: '{way}'.")
    yield from map(_end, (item.words for item in branch.findings))


def find_notes(branch: GraphBranch) -> Iterator[str]:
    """Yield what there is to say besides, and asks for nothing."""
    told = branch.state in ("leftover", "interrupted")  # As something to be done.
    remarks = (*branch.remarks, branch.remark if branch.remark and not told else None)
    yield from map(_end, filter(None, (*(item.words for item in branch.notes), *remarks)))


def _end(words: str) -> str:
    """Return words as a sentence."""
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def _show_part(title: str, items: Iterable[Content], class_: str) -> Markup | None:
    """Return a part with its title; nothing where it has no items."""
    shown = list(items)
    if not shown:
        return None
    is_wide = "wide" if "wide" in class_.split() else None
    return element("div", element("h4", title), list_items(shown, class_=class_), class_=is_wide)


def _show_facts(branch: GraphBranch, required: Required) -> Markup:
    facts = {
        "Description": branch.description,
        "Namespace": branch.namespace,
        "Package": branch.package,
        "Requires": _link((item.name, item.text) for item in branch.requires),
        "Required by": _link((name, name) for name in required.get(branch.name, ())),
        "Notes": list_items(map(mark_commands, find_notes(branch))) or None,
    }
    rows = [(element("dt", title), element("dd", value)) for title, value in facts.items() if value]
    return element("dl", rows, class_="facts") if rows else element("p", "Nothing is known of it.")


def _link(names: Iterable[tuple[str, str]]) -> Markup:
    links = [element("a", words, href=f"#{find_anchor(name)}") for name, words in names]
    return Markup(", ".join(links))


def _show_revision(item: GraphRevision) -> list[Content]:
    facts = []
    if item.applied_at:
        by = f" by {item.applied_by}" if item.applied_by else ""
        took = f", {duration(item.duration_ms)}" if item.duration_ms is not None else ""
        facts.append(f"applied {moment(item.applied_at)}{by}{took}")
    if item.depends_on:
        facts.append(f"depends on {', '.join(item.depends_on)}")
    if item.phase:
        facts.append(f"phase {item.phase}")
    if item.irreversible:
        facts.append("cannot be downgraded")
    words = (
        element("code", item.revision),
        " ",
        element("span", item.message, class_="message"),
        element("span", " · ".join(facts), class_="meta") if facts else None,
    )
    return [element("span", show_state(item.state)), element("span", words)]


def _show_object(item: GraphObject) -> list[Content]:
    measured = measure(item)
    return [
        element("span", f"{item.kind} ", element("code", item.identity)),
        element("span", measured, class_="meta") if measured else None,
    ]


def _show_uninstall(branch: GraphBranch) -> Markup | None:
    if branch.loss is None:
        return None
    purge = " --purge" if branch.state == "quarantined" else ""
    command = f"alembic plugin uninstall {branch.name}{purge} --dry-run"
    return element(
        "div",
        element("h4", "What its uninstall would take"),
        list_items(describe_loss(branch, branch.loss), class_="plain"),
        _say(f"'{command}' counts it as it is then."),
    )


def _show_history(branch: GraphBranch) -> Markup | None:
    shown = _show_part("History", map(_show_event, reversed(branch.events)), class_="lines")
    if shown is None or not branch.earlier_events:
        return shown
    earlier = f"{count(branch.earlier_events, 'earlier event')}: "
    return element("div", shown, _say(f"{earlier}'alembic plugin history {branch.name}'."))


def _say(words: str) -> Markup:
    return element("p", mark_commands(quote_commands(words)), class_="meta")


def _show_event(event: Event) -> list[Content]:
    heads = (
        f"{', '.join(event.from_revisions) or 'base'} → {', '.join(event.to_revisions) or 'base'}"
    )
    took = "" if event.duration_ms is None else f", {duration(event.duration_ms)}"
    when = moment(event.happened_at) if event.happened_at else ""
    failed = "" if event.outcome == "done" else f" {event.outcome}"
    return [
        f"{event.action}{failed} ",
        element("code", heads),
        element("span", f"{when} by {event.happened_by}{took}", class_="meta"),
        element("span", event.detail, class_="meta") if event.detail else None,
    ]
