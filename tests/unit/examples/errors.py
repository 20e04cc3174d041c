"""Each error of what was declared or asked for, and its text."""

from pathlib import Path

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.Cancelled(),
        "Interrupted by the user. What was under way was rolled back; 'alembic plugin history' has "
        "what was done.",
    ),
    (
        errors.InvalidOption("plugin_host_first", "maybe", "true or false"),
        "Option 'plugin_host_first' is 'maybe'. Set it to true or false.",
    ),
    (
        errors.UnknownOption("plugin_fodlers", ("plugin_folders",)),
        "There is no option 'plugin_fodlers'. Remove it, or write one of these: plugin_folders.",
    ),
    (
        errors.BrokenConfiguration("alembic.ini", "no section headers"),
        "Configuration file 'alembic.ini' cannot be read: no section headers. Correct it.",
    ),
    (
        errors.ReferenceFailed("plugin_bootstrap", "app", "it has no ':'"),
        "Option 'plugin_bootstrap' names 'app', which cannot be used: it has no ':'. Correct the "
        "option, or what it names.",
    ),
    (
        errors.NotAHost("migrations/env.py"),
        "The environment 'migrations/env.py' does not run its migrations through "
        "alembic_plugins. Set script_location = alembic_plugins:environment, or call "
        "alembic_plugins.configure() and alembic_plugins.run_migrations() in its env.py.",
    ),
    (
        errors.PastEnvironment("env.py"),
        "A script runs migrations past the environment 'env.py', which knows of plugins. Call "
        "run_env() of its ScriptDirectory inside the EnvironmentContext, or a function of "
        "alembic.command.",
    ),
    (
        errors.InvalidName("Foo"),
        "'Foo' is no name for a plugin. Take 1 to 48 characters out of a-z, 0-9 and _ that begin "
        "with a letter, and none of the names that Alembic and PostgreSQL keep for themselves.",
    ),
    (
        errors.InvalidDeclaration("billing", "'plugin.toml'", "'colour' is unknown"),
        "The declaration of plugin 'billing' in 'plugin.toml' is wrong: 'colour' is unknown. "
        "Correct it there; other plugins are not affected.",
    ),
    (
        errors.UnknownPlugin("biling", ("tax", "billing")),
        "There is no plugin 'biling' among those that are there: billing, tax. Install the "
        "package that has it, or see 'alembic plugin list'.",
    ),
    (
        errors.UnknownPlugin("tax", (), ("folder 'plugins'", "entry points of group 'g'")),
        "There is no plugin 'tax' among those that are there: none; looked in folder 'plugins', "
        "entry points of group 'g'. Install the package that has it, or see 'alembic plugin list'.",
    ),
    (
        errors.DuplicatePlugin("billing", ("folder 'b'", "folder 'a'")),
        "Plugin 'billing' is declared more than once: folder 'a', folder 'b'. Remove or rename "
        "all but one.",
    ),
    (
        errors.NamespaceConflict("billing", "tax", "schema money"),
        "Plugins 'billing' and 'tax' overlap: both claim schema money. Give one of them another "
        "namespace.",
    ),
    (
        errors.BrokenPlugin("billing", "entry point 'billing'", "ImportError: no money"),
        "Plugin 'billing' of entry point 'billing' cannot be loaded: ImportError: no money. "
        "Repair or remove its package; other plugins are not affected.",
    ),
    (
        errors.BrokenRevision("billing", Path("versions/a1.py"), "SyntaxError: no"),
        "Revision file 'versions/a1.py' of 'billing' cannot be read: SyntaxError: no. Correct "
        "the file; other plugins are not affected.",
    ),
    (
        errors.DuplicateRevision("a1", ("in 'tax'", "in 'billing'")),
        "Revision 'a1' is there twice: in 'billing', in 'tax'. Remove one of the two, or give the "
        "one that is not applied another id, also in the files that name it.",
    ),
    (
        errors.RevisionTooLong("billing", "a" * 33, 32),
        f"Revision id '{'a' * 33}' of 'billing' is longer than the 32 characters that the "
        "version table holds. Give the revision a shorter id.",
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
        errors.EmptyPlugin("billing", Path("billing/versions")),
        "Plugin 'billing' has no revisions in 'billing/versions'. Make its first with 'alembic "
        "-x plugin=billing revision -m MESSAGE'.",
    ),
    (
        errors.NoVersions(Path("/my app/versions")),
        "There is no folder '/my app/versions', where the host's revisions are. Create it with "
        "'mkdir -p \"/my app/versions\"'.",
    ),
    (
        errors.NotInstalled("billing"),
        "Plugin 'billing' is not installed. Install it with 'alembic plugin install billing'.",
    ),
    (
        errors.MissingRequirement("crm", "billing>=2"),
        "Plugin 'crm' requires 'billing>=2', which is not there. Install the package that has it.",
    ),
    (
        errors.UnmetRequirement("crm", "billing>=2", "1.0"),
        "Plugin 'crm' requires 'billing>=2', and the one that is there is version 1.0. Install a "
        "version that fits.",
    ),
    (
        errors.RequirementCycle(("crm", "billing", "crm")),
        "Plugins require each other in a circle: crm -> billing -> crm. Remove one of these "
        "requirements; their revisions may still depend on each other by depends_on.",
    ),
    (
        errors.RevisionCycle(("b2", "a1", "b2")),
        "Revisions depend on each other in a circle: b2 -> a1 -> b2. Correct down_revision or "
        "depends_on of one of them.",
    ),
    (
        errors.MissingRevision("billing", "a1", "zz"),
        "Revision 'a1' of 'billing' depends on 'zz', which no revision file has. Install the "
        "package that has it, or correct the revision.",
    ),
]
