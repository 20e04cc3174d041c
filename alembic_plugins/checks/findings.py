"""What a check finds, and by which rule."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong.

    Attributes:
        name: what configuration, comments and reports call it.
        advice: what to do, as a sentence.
        reason: why it is wrong.
        fails: whether a finding fails the check; else it is a note.
    """

    name: str
    advice: str
    reason: str
    fails: bool = True

    def advise(self, plugin: str) -> str:
        """Return what to do, with the name of a plugin in commands that name one."""
        return self.advice.replace("plugin=NAME", f"plugin={plugin}")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        rule: by which rule.
        plugin: the plugin, or ``host``.
        file: where.
        line: in which line of it, from 1.
        message: what is wrong, without a full stop.
    """

    rule: Rule
    plugin: str
    file: Path
    line: int
    message: str

    @property
    def advice(self) -> str:
        """What to do, with the name of the plugin in commands that name one."""
        return self.rule.advise(self.plugin)

    @property
    def order(self) -> tuple[str, str, int, str]:
        """By what findings are sorted."""
        return self.plugin, str(self.file), self.line, self.rule.name


@dataclass(frozen=True)
class CheckReport:
    """What a check has found.

    Attributes:
        findings: sorted by file and line.
        written: the lock files that were written.
        remarks: sentences about what could not be checked at all.
    """

    findings: tuple[Finding, ...]
    written: tuple[Path, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether one of the findings is more than a note."""
        return any(finding.rule.fails for finding in self.findings)
