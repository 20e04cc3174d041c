"""What a capture has found and written, as values."""

from dataclasses import dataclass, field
from pathlib import Path

from ..checks.findings import Finding
from ..planning.plan import Plan
from ..reports.verification import Discrepancy


@dataclass(frozen=True)
class Capture:
    """What has become a revision, or with `dry_run` would.

    Attributes:
        plugin: the plugin, or ``host``.
        revision: the revision's id; None where there was nothing to capture.
        file: its file; None where there was nothing to capture.
        text: what is in the file.
        differences: how the live database differed from what was recorded, as ``verify`` says it.
        remarks: what is not captured, and what rows or applications elsewhere may have against it.
        findings: what ``check`` says of the file.
        plan: what was run to record it.
    """

    plugin: str
    revision: str | None = None
    file: Path | None = None
    text: str = ""
    differences: tuple[Discrepancy, ...] = ()
    remarks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    plan: Plan = field(default_factory=Plan, repr=False)
