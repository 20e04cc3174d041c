"""Why what was changed by hand cannot become a revision."""

from collections.abc import Sequence

from .._base_errors import PluginError


class CannotCapture(PluginError):
    """The objects of a branch cannot be captured as they are recorded, or as its files are."""

    words = "What was changed of '{plugin}' cannot be captured: {reason}. {way_out}."

    plugin: str
    reason: str
    way_out: str


class CaptureDiffers(PluginError):
    """No revision makes what was changed by hand."""

    words = (
        "What was changed of '{plugin}' cannot be written as a revision that makes the same "
        "elsewhere: {listed}. Change that back, or write the revision by hand; nothing was written "
        "or recorded."
    )

    plugin: str
    problems: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts, with what cannot be written, object by object."""
        return {**super().facts(), "listed": "; ".join(self.problems)}
