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
    def order(self) -> tuple[str, str, int, str]:
        """By what findings are sorted."""
        return self.plugin, str(self.file), self.line, self.rule.name
