"""What a project looks like: how many plugins, how many revisions, and what depends on what."""

import re
from dataclasses import dataclass, replace

_TEXT = re.compile(r"(\d+)x(\d+)(?:-(chain|merges))?")


@dataclass(frozen=True)
class Shape:
    """A number of plugins that have the same number of revisions each.

    Attributes:
        plugins: how many there are.
        revisions: how many each of them has.
        chain: each plugin requires the one before it.
        merges: two revisions of three stand side by side, and the third merges them.
    """

    plugins: int
    revisions: int
    chain: bool = False
    merges: bool = False

    @classmethod
    def parse(cls, text: str) -> "Shape":
        """Return the shape of ``10x20``, ``200x3-chain`` or ``1x2000-merges``.

        Raises:
            ValueError: it is none of these.
        """
        match = _TEXT.fullmatch(text)
        if match is None or not int(match[1]) or not int(match[2]):
            raise ValueError(f"{text!r} is no shape; 10x20, 200x3-chain and 1x99-merges are")
        return cls(
            int(match[1]), int(match[2]), chain=match[3] == "chain", merges=match[3] == "merges"
        )

    def __str__(self) -> str:
        special = "-chain" if self.chain else "-merges" if self.merges else ""
        return f"{self.plugins}x{self.revisions}{special}"

    @property
    def names(self) -> tuple[str, ...]:
        """The plugins, each after what it requires."""
        return tuple(f"p{number}" for number in range(1, self.plugins + 1))

    @property
    def target(self) -> str:
        """The plugin that a command is about: of a chain the last one, which needs all others."""
        return self.names[-1] if self.chain else self.names[0]

    @property
    def needed(self) -> tuple[str, ...]:
        """The plugins that have to be there for the target to be there, itself included."""
        return self.names if self.chain else (self.target,)

    def requirement(self, name: str) -> str | None:
        """Return the plugin that a plugin requires."""
        number = self.names.index(name)
        return self.names[number - 1] if self.chain and number else None

    def parents(self, number: int) -> tuple[int, ...]:
        """Return the revisions that a revision follows, all by their numbers from 0."""
        if number == 0:
            return ()
        if not self.merges:
            return (number - 1,)
        # A last revision without its sibling's merge would leave the branch with two heads.
        sibling = number % 3 == 2 and number < self.revisions - 1
        if number % 3 == 0:
            return (number - 2, number - 1)
        return (number - 2,) if sibling else (number - 1,)

    def alone(self) -> "Shape":
        """Return the project that has only the target."""
        return replace(self, plugins=1)
