"""What a revision may not do, in words."""

from collections.abc import Sequence

from .._base_errors import PluginError
from ..registry.tables import FIX_MARK, HOOK_MARK, SYNC_MARK


def describe_calls(names: Sequence[str], quote: str = "'") -> str:
    """Return what may have done something: revisions by id, and hooks by name after an ``@``."""
    if SYNC_MARK in names:
        return "the sync"
    if FIX_MARK in names:
        return "the fix"
    found: dict[str, list[str]] = {"revision": [], "hook": []}
    for name in names:
        kind = "hook" if name.startswith(HOOK_MARK) else "revision"
        found[kind].append(f"{quote}{name.removeprefix(HOOK_MARK)}{quote}")
    return " or ".join(f"{kind} {' or '.join(those)}" for kind, those in found.items() if those)


def capitalize(words: str) -> str:
    """Return words as a sentence begins with them."""
    return words[:1].upper() + words[1:]


class NamespaceViolation(PluginError):
    """A revision or a hook has changed what is not its plugin's, and what it has not declared.

    Of `revisions`, one that begins with ``@`` is a hook.
    """

    words = "{revisions} of '{plugin}' {violations}. {remedies}; {kept}."

    plugin: str
    revisions: Sequence[str]
    violations: Sequence[str]
    remedies: Sequence[str] = ()
    kept: str = "its transaction was rolled back"

    def facts(self) -> dict[str, object]:
        """Return the facts in the order in which they were found."""
        calls = describe_calls(self.revisions)
        kinds = [kind for kind in ("revision", "hook") if f"{kind} '" in calls] or [
            "declared table"
        ]
        ways = [*self.remedies, f"correct the {' or the '.join(kinds)}"]
        return {
            **super().facts(),
            "revisions": capitalize(calls),
            "violations": "; ".join(self.violations),
            "remedies": capitalize(", or ".join(ways)),
        }


class TransactionEnded(PluginError):
    """A revision or a hook has ended the transaction that it runs in.

    Of `revisions`, one that begins with ``@`` is a hook.
    """

    words = (
        "{revisions} of '{plugin}' ends the transaction that it runs in. Remove its "
        "commit(), rollback() or close(), or use connection.begin_nested(){block} for what has to "
        "be apart; {kept}."
    )

    plugin: str
    revisions: Sequence[str]
    kept: str = "the transaction was rolled back"

    def facts(self) -> dict[str, object]:
        """Return the facts."""
        calls = describe_calls(self.revisions)
        block = " or an autocommit_block()" if "revision '" in calls else ""
        return {**super().facts(), "revisions": capitalize(calls), "block": block}
