"""Graphs without a database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from alembic_plugins.graph.values import (
    Graph,
    GraphBranch,
    GraphObject,
    GraphRevision,
    Loss,
    Requirement,
)
from alembic_plugins.registry.history import Event
from alembic_plugins.reports.verification import Discrepancy, Rule

MOMENT = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)


def make_graph(*branches: GraphBranch, problems: Sequence[str] = ()) -> Graph:
    """Return the graph of a database."""
    return Graph(branches, tuple(problems), "shop", "18.6", "deploy", MOMENT, "enforce")


def make_branch(name: str, *states: str, requires: Sequence[str] = (), at: int = 0) -> GraphBranch:
    """Return a branch whose revisions are in some states, and applied from some position on."""
    revisions = [
        GraphRevision(
            f"{name}_{number}",
            f"make table {number} of {name}",
            state,
            None if state == "pending" else at + number,
            (f"{name}_{number - 1}",) if number > 1 else (),
        )
        for number, state in enumerate(states, 1)
    ]
    is_there = any(state != "pending" for state in states)
    return GraphBranch(
        name,
        "installed" if is_there else "available",
        version="1.0",
        namespace=f"schema {name}",
        requires=tuple(Requirement(other, other) for other in requires),
        revisions=tuple(revisions),
        loss=Loss() if is_there and name != "host" else None,
    )


def make_example() -> Graph:
    """Return a graph with all states that there are, and with all that a branch can have."""
    drift = Discrepancy(Rule.DRIFT, "column crm.people.note was made by no revision")
    note = Discrepancy(Rule.NOTE, "table crm.people has another owner")
    event = Event("crm", "install", (), ("crm_1",), "done", None, MOMENT, "deploy", 1500)
    failed = replace(event, action="upgrade", outcome="failed", detail="it raised <Error>")
    tags = make_branch("tags", "applied", "applied", at=1)
    crm = make_branch("crm", "edited", "pending", requires=["tags"], at=3)
    first = replace(
        crm.revisions[0],
        message='make <people> & "places"',
        depends_on=("tags_2",),
        phase="expand",
        applied_at=MOMENT,
        applied_by="deploy",
        duration_ms=90,
        irreversible="NotImplementedError",
    )
    people = GraphObject("table", "crm.people", 1234, 8_388_608)
    crm = replace(
        crm,
        state="outdated",
        description="Customers",
        package="shop-crm",
        writes=("users",),
        extensions=("citext",),
        revisions=(first, *crm.revisions[1:]),
        objects=(people, GraphObject("view", "crm.names"), GraphObject("column", "users.level")),
        findings=(drift,),
        notes=(note,),
        remarks=("it was recorded by another release",),
        events=(event, failed),
        earlier_events=3,
        loss=Loss(("sales",), ("view sales.people of plugin 'sales'",), 2),
    )
    states = ("orphaned", "ahead", "interrupted", "quarantined", "leftover", "broken")
    revisions = {"quarantined": "set aside", "leftover": "pending", "broken": None}
    others = [
        replace(
            make_branch(f"is_{state}", *filter(None, [revisions.get(state, state)]), at=9),
            state=state,
            remark="at base" if state == "leftover" else "",
            problem="Its declaration is wrong." if state == "broken" else None,
        )
        for state in states
    ]
    host = replace(make_branch("host", "applied"), namespace="schema public")
    return make_graph(host, tags, crm, *others, problems=["Something else is wrong."])


def make_large(number: int) -> Graph:
    """Return a graph of many plugins, each of which requires another one."""
    plugins = [
        make_branch(
            f"plugin_{index:03}",
            *["applied"] * 5,
            requires=[f"plugin_{index // 3:03}"] if index else [],
            at=5 * index + 1,
        )
        for index in range(number)
    ]
    return make_graph(make_branch("host", "applied"), *plugins)
