"""Comments in a revision file that silence a rule: ``# check: ignore[rule] reason``."""

import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import StringIO

from .findings import Finding
from .rules import WRONG_IGNORE
from .sources import RevisionFile

_COMMENT = re.compile(r"#\s*check:\s*ignore(?:\[(?P<rules>[^\]]*)\])?\s*(?P<reason>.*)")


@dataclass(frozen=True)
class Silence:
    """A comment that silences rules in its whole file."""

    line: int
    rules: tuple[str, ...]
    reason: str


def find_silences(file: RevisionFile) -> tuple[Silence, ...]:
    """Return the comments of a file that silence rules."""
    return tuple(_find(file.text))


def check_silences(file: RevisionFile, known: Collection[str]) -> Iterator[Finding]:
    """Find comments that name no rule or no reason."""
    for silence in find_silences(file):
        unknown = [rule for rule in silence.rules if rule not in known]
        if unknown or not silence.rules:
            what = f"'{unknown[0]}' is no rule" if unknown else "the comment names no rule"
            yield file.find(WRONG_IGNORE, silence.line, what)
        elif not silence.reason:
            yield file.find(WRONG_IGNORE, silence.line, "the comment gives no reason")


def find_silenced(file: RevisionFile) -> set[str]:
    """Return the rules that do not count in a file."""
    return {rule for silence in find_silences(file) if silence.reason for rule in silence.rules}


def _find(text: str) -> Iterator[Silence]:
    if "check:" not in text:
        return
    try:
        tokens = list(tokenize.generate_tokens(StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError):
        return
    for token in tokens:
        match = _COMMENT.match(token.string) if token.type == tokenize.COMMENT else None
        if match:
            rules = tuple((match["rules"] or "").replace(",", " ").split())
            yield Silence(token.start[0], rules, match["reason"].strip())
