"""Every rule of a check, but for those of the SQL; each is described here and nowhere else."""

from .findings import Rule

BROKEN_PLUGIN = Rule(
    "broken-plugin",
    "Correct its declaration",
    "A plugin whose declaration cannot be read is installed nowhere.",
)
BROKEN_REVISION = Rule(
    "broken-revision",
    "Correct the file, or move it out of the versions folder if it is no revision",
    "Alembic takes every Python file in a versions folder for a revision. One that cannot be "
    "parsed, or has no revision id, keeps all of the plugin's revisions from running.",
)
FILE_NOT_RUN = Rule(
    "file-not-run",
    "Give it a name that ends in .py, directly in the versions folder, or remove it",
    "Alembic runs the .py files that are directly in the versions folder, unless the host sets "
    "recursive_version_locations or sourceless. Any other file is passed over without a word.",
)
DUPLICATE_ID = Rule(
    "duplicate-id",
    "Give the one that is applied nowhere another id, also in the files that name it, or remove "
    "the package of a plugin by its former name",
    "A revision's id is its row in the version table, which all branches share.",
)
LONG_ID = Rule(
    "long-id",
    "Give it an id of at most 32 characters",
    "Alembic's version table holds 32 characters: the revision would fail where it is applied.",
)
SEVERAL_HEADS = Rule(
    "several-heads",
    "Join them with 'alembic -x plugin=NAME merge heads', or let one follow the other",
    "Two revisions follow the same one, as after parallel work: nothing tells which comes first.",
)
MISSING_DEPENDENCY = Rule(
    "missing-dependency",
    "Correct the id, or install the package that has it",
    "A revision whose down_revision or depends_on no file has cannot be applied.",
)
UNDECLARED_DEPENDENCY = Rule(
    "undeclared-dependency",
    "Add the other plugin to 'requires' in the declaration",
    "Without the requirement the other plugin is neither installed before, nor kept from being "
    "uninstalled while this one needs it.",
)
REVISION_CYCLE = Rule(
    "revision-cycle",
    "Correct down_revision or depends_on of one of them",
    "Revisions that depend on each other in a circle have no first one.",
)
WRONG_SQUASH = Rule(
    "wrong-squash",
    "Correct 'replaces', or put back or remove all files that it names",
    "A squash stands for revisions that follow each other, where all of them are applied or none. "
    "A database that has some of them goes on by the files of the others.",
)
SQUASH_DIFFERS = Rule(
    "squash-differs",
    "Let the squash make what the revisions make that it replaces",
    "A squash and the revisions that it replaces have been run in a database of their own, and "
    "have not made the same: databases that have come by one and by the other would differ.",
)
NAMESPACE_OVERLAP = Rule(
    "namespace-overlap",
    "Give one of them another namespace",
    "Where two plugins claim the same names, nothing tells whose an object is; uninstalling one "
    "would drop the other's.",
)
FORMER_NAME_TAKEN = Rule(
    "former-name-taken",
    "Remove the package of the other plugin if it is the former release, else take the name out of "
    "'formerly'",
    "What a database has by a name that two plugins claim is given to neither of them.",
)
FORMER_NAME_USED = Rule(
    "former-name-used",
    "Write the name that the plugin has now",
    "A requirement by a former name holds only as long as 'formerly' has that, and one with '?' "
    "does not count at all.",
)
OUTSIDE_PREFIX = Rule(
    "outside-prefix",
    "Begin its name with the prefix, or add the name to the namespace",
    "A plugin with a prefix shares a schema with others, and what is outside of its prefix is "
    "theirs: the revision is refused where it runs.",
)
MISSING_DOWNGRADE = Rule(
    "missing-downgrade",
    "Write a downgrade() that undoes what upgrade() does",
    "Without it the plugin cannot be uninstalled but by --purge, nor downgraded to an earlier "
    "revision.",
)
EMPTY_DOWNGRADE = Rule(
    "empty-downgrade",
    "Undo what upgrade() does, or say why nothing has to be, by '# check: ignore[empty-downgrade] "
    "reason'",
    "A downgrade() that does nothing leaves behind what upgrade() has made: the next upgrade "
    "finds it there and fails.",
)
UNRENDERABLE_DOWNGRADE = Rule(
    "unrenderable-downgrade",
    "Write it with operations and SQL that need no answer, or say why it cannot be, by '# check: "
    "ignore[unrenderable-downgrade] reason'",
    "A downgrade's SQL is kept when the revision is applied, and undoes it when the plugin's "
    "package is gone. One that raises, or asks the database something, cannot be kept.",
)
ENDS_TRANSACTION = Rule(
    "ends-transaction",
    "Leave it out; use 'with op.get_context().autocommit_block():' for what needs no transaction",
    "What a revision does, its row in the version table and its record are one transaction. A "
    "revision that ends it leaves a half behind when the rest fails.",
)
EXITS = Rule(
    "exits",
    "Raise an exception instead",
    "A revision that ends the process ends the whole command, of other plugins too.",
)
OPENS_CONNECTION = Rule(
    "opens-connection",
    "Use op.get_bind(), which is the connection of the migration",
    "On a connection of its own a revision does not see what the transaction has done so far, "
    "waits for its locks for ever, and is not rolled back with it.",
)
EDITED_REVISION = Rule(
    "edited-revision",
    "Put the file back as it was, and write a new revision",
    "Databases that have applied a revision do not run it again when its file changes.",
)
LOCK_DIFFERS = Rule(
    "lock-differs",
    "Put the file back as it was, or accept it with 'alembic plugin check --lock'",
    "The lock file has each revision with the checksum of its file, so that an edited file is "
    "seen, and two branches that both add a revision conflict in git.",
)
WRONG_IGNORE = Rule(
    "wrong-ignore",
    "Write '# check: ignore[rule] reason', with names of rules",
    "A comment that silences a rule has to say why, for those who read the file later.",
)
FAILS_IN_DATABASE = Rule(
    "fails-in-database",
    "Correct the revision",
    "A revision of the plugin has been run in a database of its own, and does not run there.",
)
DOWNGRADE_DIFFERS = Rule(
    "downgrade-differs",
    "Let downgrade() undo all that upgrade() does, and nothing else",
    "A revision has been run in a database of its own and downgraded: that has not led back to "
    "what was there before.",
)
UPGRADE_DIFFERS = Rule(
    "upgrade-differs",
    "Let upgrade() make the same each time",
    "A revision has been run in a database of its own, downgraded and run again: that has not made "
    "the same as before.",
)
UNUSABLE_ROWS = Rule(
    "unusable-rows",
    "Correct the SQL, and let the file be called as a revision's id is",
    "A file of rows has SQL that is run in a database of its own when its revision is applied.",
)
CANNOT_EXPAND = Rule(
    "cannot-expand",
    'Leave that to a revision that is marked phase = "contract", or take steps that an old version '
    "can bear",
    'Revisions that are marked phase = "expand" are run while an application\'s old version still '
    "runs, which may use what is no longer there, or leave out what is required by then.",
)
UNCHECKED = Rule(
    "unchecked",
    "Read its SQL yourself",
    "The SQL of a revision that asks the database something, or cannot be run without one, is "
    "not known before it runs.",
    fails=False,
)

FILE_RULES = (
    *(BROKEN_PLUGIN, BROKEN_REVISION, FILE_NOT_RUN, DUPLICATE_ID, LONG_ID, SEVERAL_HEADS),
    *(MISSING_DEPENDENCY, UNDECLARED_DEPENDENCY, REVISION_CYCLE, WRONG_SQUASH, SQUASH_DIFFERS),
    *(NAMESPACE_OVERLAP, FORMER_NAME_TAKEN, FORMER_NAME_USED),
    *(OUTSIDE_PREFIX, MISSING_DOWNGRADE, EMPTY_DOWNGRADE, UNRENDERABLE_DOWNGRADE),
    *(ENDS_TRANSACTION, EXITS, OPENS_CONNECTION, EDITED_REVISION, LOCK_DIFFERS, WRONG_IGNORE),
    *(FAILS_IN_DATABASE, DOWNGRADE_DIFFERS, UPGRADE_DIFFERS, UNUSABLE_ROWS, CANNOT_EXPAND),
    UNCHECKED,
)
