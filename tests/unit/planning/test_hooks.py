"""Where in a plan hooks are called."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from alembic_plugins.errors import BrokenHooks, HooksGone
from alembic_plugins.hooks import Moment
from alembic_plugins.loading.session import Session
from alembic_plugins.planning import removals, targets, upkeep
from alembic_plugins.planning.hook_operations import RunHook
from alembic_plugins.planning.operations import Operation
from alembic_plugins.planning.plan import Plan
from alembic_plugins.registry.state import Interruption, State

from ..builders import (
    ALL,
    HOST,
    TAGS,
    make_applied,
    make_state,
    open_session,
    set_aside,
    write_file,
    write_host,
)

ALL_MOMENTS = "".join(f"def {moment}(context): pass\n" for moment in Moment)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with the plugins tags and posts, which requires tags; both have all hooks."""
    write_host(tmp_path)
    declare(tmp_path, "tags")
    declare(tmp_path, "posts", "requires = ['tags']")
    return tmp_path


def declare(here: Path, name: str, *lines: str, hooks: str = ALL_MOMENTS) -> None:
    """Give a plugin hooks, and other lines of its declaration."""
    folder = here / "plugins" / name
    write_file(folder / "hooks.py", hooks)
    write_file(folder / "plugin.toml", "\n".join(("hooks = 'hooks'", *lines, "")))


def describe(plan: Plan) -> list[list[str]]:
    """Return the operations, transaction by transaction: hooks in words, others in one."""
    return [[_describe(op) for op in item.operations] for item in plan.transactions]


def _describe(operation: Operation) -> str:
    if isinstance(operation, RunHook):
        return f"{operation.moment} {operation.plugin}"
    return operation.words[-1] if operation.words[1:] else operation.verb


def find_calls(plan: Plan) -> list[str]:
    """Return hooks, and what runs besides."""
    return [_describe(call) for item in plan.transactions for call in item.calls]


def install(session: Session, *names: str) -> Plan:
    """Plan an install."""
    return targets.install(session, names)


def test_hooks_of_an_install_are_around_its_revisions(here: Path) -> None:
    state = make_state(*HOST)
    assert describe(install(open_session(here, state), "tags")) == [
        ["tags", "before_install tags", "t1", "t2", "after_install tags", "check objects", "tags"]
    ]


def test_each_plugin_of_an_install_has_its_own(here: Path) -> None:
    plan = install(open_session(here, make_state(*HOST)), "posts")
    assert find_calls(plan) == [
        *("before_install tags", "t1", "t2", "after_install tags"),
        *("before_install posts", "p1", "after_install posts"),
    ]


def test_transactions_of_single_revisions_have_them_at_their_ends(here: Path) -> None:
    declare(here, "tags", "transaction = 'revision'")
    plan = install(open_session(here, make_state(*HOST)), "tags")
    assert describe(plan) == [
        ["tags", "before_install tags", "t1", "check objects", "tags"],
        ["t2", "after_install tags", "check objects", "tags"],
    ]


def find_upgrade(here: Path, state: State) -> list[str]:
    """Return what an upgrade of all runs."""
    return find_calls(targets.upgrade(open_session(here, state), None, "heads"))


BEHIND = make_state(*HOST, TAGS[0])


def test_hooks_of_an_upgrade(here: Path) -> None:
    assert find_upgrade(here, BEHIND) == ["before_upgrade tags", "t2", "after_upgrade tags"]


def test_nothing_to_do_calls_no_hook(here: Path) -> None:
    assert find_upgrade(here, make_state(*HOST, *TAGS)) == []


def make_unfinished(state: State) -> State:
    """Return a state in which the install of tags has not ended."""
    plugins = {"tags": replace(state.plugins["tags"], installing=True)}
    return replace(state, plugins=plugins)


def test_install_that_was_not_ended_is_ended(here: Path) -> None:
    assert find_upgrade(here, make_unfinished(BEHIND)) == ["t2", "after_install tags"]


def test_install_that_has_only_its_hook_left_is_ended(here: Path) -> None:
    state = make_unfinished(make_state(*HOST, *TAGS))
    plan = targets.upgrade(open_session(here, state), None, "heads")
    assert describe(plan) == [["after_install tags", "check objects", "tags"]]
    assert plan.transactions[0].action == "install"


def test_install_whose_hook_is_left_out_is_ended_without(here: Path) -> None:
    session = open_session(here, make_unfinished(make_state(*HOST, *TAGS)))
    session.settings = replace(session.settings, without_hooks=True)
    assert describe(install(session, "tags")) == [["check objects", "tags"]]


def test_what_is_carried_on_has_its_hook_before_behind_it(here: Path) -> None:
    interrupted = {"tags": Interruption("t2", "tags", "upgrade")}
    state = replace(BEHIND, interruptions=interrupted)
    assert find_upgrade(here, state) == ["t2", "after_upgrade tags"]


def test_hooks_of_a_downgrade(here: Path) -> None:
    session = open_session(here, make_state(*HOST, *TAGS))
    plan = removals.downgrade(session, "tags", "-1", cascade=False)
    assert find_calls(plan) == ["before_downgrade tags", "t2", "after_downgrade tags"]


def test_downgrade_to_base_calls_the_hooks_of_an_uninstall(here: Path) -> None:
    session = open_session(here, make_state(*HOST, *TAGS))
    plan = removals.downgrade(session, "tags", "base", cascade=False)
    assert describe(plan) == [
        [
            *("before_uninstall tags", "tags", "t2", "t1", "after_uninstall tags"),
            *("check objects", "tags", "tags"),
        ]
    ]


def uninstall(session: Session, names: Sequence[str], *, purge: bool = False) -> Plan:
    """Plan an uninstall."""
    return removals.uninstall(session, names, cascade=True, purge=purge)


def test_hook_after_an_uninstall_is_checked_before_the_plugin_is_forgotten(here: Path) -> None:
    plan = uninstall(open_session(here, make_state(*HOST, *TAGS)), ["tags"])
    assert describe(plan) == [
        [
            *("before_uninstall tags", "tags", "t2", "t1", "check objects", "tags"),
            *("after_uninstall tags", "check objects", "tags", "tags"),
        ]
    ]


def test_dependents_go_first(here: Path) -> None:
    plan = uninstall(open_session(here, ALL), ["tags"])
    assert find_calls(plan) == [
        *("before_uninstall posts", "p1", "before_uninstall tags", "t2", "t1"),
        *("after_uninstall posts", "after_uninstall tags"),
    ]


def test_purge_drops_all_at_the_end(here: Path) -> None:
    plan = uninstall(open_session(here, ALL), ["tags"], purge=True)
    verbs = [operation.verb for operation in plan.operations]
    assert verbs[-8:] == [
        *("check objects", "drop leftovers", "run hook", "run hook"),
        *("check objects", "drop leftovers", "remove", "remove"),
    ]


def test_data_that_is_kept_has_the_hook_before(here: Path) -> None:
    plan = removals.quarantine(open_session(here, ALL), ["tags"], cascade=True)
    assert describe(plan) == [
        [
            *("before_uninstall posts", "check objects"),
            *("before_uninstall tags", "check objects", "tags", "posts"),
        ]
    ]


def test_data_that_was_kept_has_the_hook_after(here: Path) -> None:
    aside = set_aside(make_state(*HOST, *TAGS), "tags")
    plan = upkeep.restore(open_session(here, aside), "tags")
    assert describe(plan) == [["tags"], ["after_install tags", "check objects", "tags"]]


def test_what_is_set_aside_goes_with_the_hook_after(here: Path) -> None:
    aside = set_aside(make_state(*HOST, *TAGS), "tags")
    plan = uninstall(open_session(here, aside), ["tags"], purge=True)
    assert find_calls(plan) == ["after_uninstall tags"]


def test_hooks_that_are_gone_are_told(here: Path) -> None:
    state = make_state(*HOST, make_applied("g1", "gone"))
    plugins = {"gone": replace(state.plugins["gone"], hooks="acme.life")}
    plan = uninstall(open_session(here, replace(state, plugins=plugins)), ["gone"])
    assert find_calls(plan) == ["g1"]
    assert [str(warning) for warning in plan.warnings] == [str(HooksGone("gone", "acme.life"))]


def test_hooks_that_are_left_out_are_not_planned(here: Path) -> None:
    session = open_session(here, make_state(*HOST))
    session.settings = replace(session.settings, without_hooks=True)
    assert find_calls(install(session, "tags")) == ["t1", "t2"]


def test_hooks_that_cannot_be_used_stop_their_plugin_alone(here: Path) -> None:
    declare(here, "posts", "requires = ['tags']", hooks="import no_such_module")
    write_file(here / "plugins/posts/versions/p2.py", "revision = 'p2'\ndown_revision = 'p1'\n")
    state = make_state(*HOST, TAGS[0], make_applied("p1", "posts", (), ("t1",)))
    plan = targets.upgrade(open_session(here, state), None, "heads")
    assert find_calls(plan) == ["before_upgrade tags", "t2", "after_upgrade tags"]
    assert {name: type(error) for name, error in plan.problems.items()} == {"posts": BrokenHooks}


def test_stamp_calls_no_hook(here: Path) -> None:
    session = open_session(here, make_state(*HOST, *TAGS))
    assert find_calls(targets.stamp(session, "tags", ["base"])) == []


def test_hook_is_told_by_plugin_moment_and_source() -> None:
    hook = RunHook("tags", Moment.AFTER_INSTALL, "acme:notes")
    assert hook.words == ("run hook", "tags", "after_install", "of acme:notes")
    assert hook.to_json() == {
        "operation": "RunHook",
        "plugin": "tags",
        "moment": "after_install",
        "source": "acme:notes",
    }
