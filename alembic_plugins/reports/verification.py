"""What ``verify`` finds, as values."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from ..plugin import HOST


class Rule(StrEnum):
    """What is wrong with the database, in a word or two."""

    DRIFT = "drift"
    UNKNOWN_OBJECT = "unknown object"
    REPLACED_OBJECT = "replaced object"
    INVALID = "invalid"
    NOT_COMPARED = "not compared"
    DECLARATION = "declaration"
    UNKNOWN_REVISION = "unknown revision"
    MISSING_REVISION = "missing revision"
    EDITED_REVISION = "edited revision"
    UNRECORDED_REVISION = "unrecorded revision"
    STAMPED = "stamped"
    REQUIREMENT = "requirement"
    NAMESPACE = "namespace"
    INTERRUPTED = "interrupted"
    DAMAGED_ROW = "damaged row"
    FILES = "files"
    NOTE = "note"


@dataclass(frozen=True)
class Discrepancy:
    """Something in the database that is not as it was recorded.

    Attributes:
        rule: what is wrong, in a word or two.
        words: what is the case.
        kind: PostgreSQL's word for the object that it is about; None where it is about none.
        identity: what SQL calls that object, with its schema.
    """

    rule: Rule
    words: str
    kind: str | None = None
    identity: str | None = None

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class BranchVerification:
    """What is found of one branch.

    Attributes:
        name: the plugin's, or ``host``.
        revisions: its heads when its objects were recorded last.
        recorded_at: when that was; None where nothing is recorded.
        findings: what is not as it was recorded.
        notes: the same of what decides nothing about rows: owners, privileges, comments ...
        remarks: what was not compared, and why.
    """

    name: str
    revisions: tuple[str, ...] = ()
    recorded_at: datetime | None = None
    findings: tuple[Discrepancy, ...] = ()
    notes: tuple[Discrepancy, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def since(self) -> str:
        """Since which recorded step its objects were compared, in words."""
        if self.recorded_at is None:
            return ""
        moment = f"{self.recorded_at:%Y-%m-%d %H:%M:%S%z}"
        revisions = f" (revision {', '.join(self.revisions)})" if self.revisions else ""
        return f"since the step of {moment}{revisions}"

    def to_json(self) -> dict[str, object]:
        """Return it as JSON can have it."""
        return asdict(self)


@dataclass(frozen=True)
class Verification:
    """What is found of a database.

    Attributes:
        branches: the host first, then the plugins by name.
    """

    branches: tuple[BranchVerification, ...]

    @property
    def findings(self) -> tuple[Discrepancy, ...]:
        """What is not as it was recorded, of all branches."""
        return tuple(item for branch in self.branches for item in branch.findings)

    @property
    def notes(self) -> tuple[Discrepancy, ...]:
        """The same of what decides nothing about rows."""
        return tuple(item for branch in self.branches for item in branch.notes)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was not compared, and why."""
        return tuple(words for branch in self.branches for words in branch.remarks)

    @property
    def is_clean(self) -> bool:
        """Whether there are no findings; there may be notes and remarks."""
        return not self.findings

    @property
    def is_spotless(self) -> bool:
        """Whether there are no notes and remarks, either."""
        return not (self.findings or self.notes or self.remarks)


def name_branch(name: str) -> str:
    """Return what a branch is called in a sentence."""
    return "the host" if name == HOST else f"plugin '{name}'"
