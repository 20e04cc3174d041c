"""Each error of `alembic_plugins.revisions`, and its text."""

from pathlib import Path

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.BrokenRevision("billing", Path("versions/a1.py"), "SyntaxError: no"),
        "Revision file 'versions/a1.py' of 'billing' cannot be read: SyntaxError: no. Correct "
        "the file; other plugins are not affected.",
    ),
    (
        errors.DuplicateRevision("a1", ("in 'tax'", "in 'billing'")),
        "Revision 'a1' is there twice: in 'billing', in 'tax'. Remove one of the two, as the "
        "package of a plugin by its former name, or give the one that is not applied another id, "
        "also in the files that name it.",
    ),
    (
        errors.UnknownRevision("billing", "+9", "there are 2 revisions"),
        "'+9' leads nowhere on branch 'billing': there are 2 revisions. See 'alembic -x "
        "plugin=billing history'.",
    ),
    (
        errors.SeveralHeads("billing", ("b2", "a1")),
        "Branch 'billing' has several heads: a1, b2. Name one of them, say 'heads' for all, or "
        "join them with 'alembic -x plugin=billing merge heads'.",
    ),
    (
        errors.RevisionCycle(("b2", "a1", "b2")),
        "Revisions depend on each other in a circle: b2 -> a1 -> b2. Correct down_revision or "
        "depends_on of one of them.",
    ),
    (
        errors.FilesGone("billing", "a1"),
        "Revision 'a1' of 'billing' is applied, and its file is gone. Put back the version of "
        "the plugin's package that has it.",
    ),
    (
        errors.BrokenSquash("billing", "b9", "it replaces itself"),
        "Squash 'b9' of 'billing' cannot be used: it replaces itself. Correct its 'replaces'; "
        "other plugins are not affected.",
    ),
    (
        errors.HalfApplied("billing", "b9", ("b1",), ("b3", "b2")),
        "The database is half way through what 'b9' of 'billing' replaces: it has b1, and the "
        "files of b2, b3 are gone. Upgrade with the release of 'billing' that has them, and "
        "with this one after that; nothing was changed of 'billing'.",
    ),
    (
        errors.ReplacedRevision("billing", "b1", "b9"),
        "Revision 'b1' of 'billing' is a part of 'b9' by now, which is applied and reverted "
        "as a whole. Name 'b9', or what comes before it.",
    ),
]
