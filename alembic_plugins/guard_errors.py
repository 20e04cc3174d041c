"""What is raised where a revision does what it may not do, or cannot be watched."""

from collections.abc import Sequence

from .errors import PluginError


class NamespaceViolation(PluginError):
    """A revision has changed what is not its plugin's, and what it has not declared."""

    words = "Revision {revisions} of '{plugin}' {offences}. {remedies}; {kept}."

    plugin: str
    revisions: Sequence[str]
    offences: Sequence[str]
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
            "offences": "; ".join(self.offences),
            "remedies": words[:1].upper() + words[1:],
        }


class CannotRehearse(PluginError):
    """A revision commits midway, so that it cannot be tried and taken back."""

    words = (
        "A revision has an autocommit_block(), which cannot be rolled back. Leave out --footprint; "
        "nothing was changed."
    )


class CannotCommit(PluginError):
    """A revision commits midway, in a transaction that is the caller's."""

    words = (
        "Revision '{revision}' of '{plugin}' has an autocommit_block(), which would commit the "
        "transaction of the caller. Give configure() a connection that is in no transaction."
    )

    plugin: str
    revision: str


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
