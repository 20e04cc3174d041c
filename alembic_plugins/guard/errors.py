"""What a revision may not do, in words."""

from collections.abc import Sequence

from .._base_errors import PluginError


class NamespaceViolation(PluginError):
    """A revision has changed what is not its plugin's, and what it has not declared."""

    words = "Revision {revisions} of '{plugin}' {violations}. {remedies}; {kept}."

    plugin: str
    revisions: Sequence[str]
    violations: Sequence[str]
    remedies: Sequence[str] = ()
    kept: str = "its transaction was rolled back"

    def facts(self) -> dict[str, object]:
        """Return the facts in the order in which they were found."""
        revisions = " or ".join(f"'{revision}'" for revision in self.revisions)
        ways = [*self.remedies, "correct the revision"]
        words = ", or ".join(ways)
        return {
            **super().facts(),
            "revisions": revisions,
            "violations": "; ".join(self.violations),
            "remedies": words[:1].upper() + words[1:],
        }


class TransactionEnded(PluginError):
    """A revision has ended the transaction that it runs in."""

    words = (
        "Revision {revisions} of '{plugin}' ends the transaction that it runs in. Remove its "
        "commit(), rollback() or close(), or use connection.begin_nested() or an "
        "autocommit_block() for what has to be apart; {kept}."
    )

    plugin: str
    revisions: Sequence[str]
    kept: str = "the transaction was rolled back"

    def facts(self) -> dict[str, object]:
        """Return the facts."""
        revisions = " or ".join(f"'{revision}'" for revision in self.revisions)
        return {**super().facts(), "revisions": revisions}
