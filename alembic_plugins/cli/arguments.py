"""The arguments of ``alembic plugin``, a command group of the stock ``alembic``."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from textwrap import wrap
from typing import Any

Argument = tuple[str, dict[str, Any]]

_HELP_WIDTH = 78

_PLUGIN = ("plugin", {"metavar": "NAME", "help": "the plugin's name"})
_PLUGINS = ("plugins", {"metavar": "NAME", "nargs": "+", "help": "plugins by name"})
_SOME_PLUGINS = (
    "plugins",
    {"metavar": "NAME", "nargs": "*", "default": [], "help": "plugins by name"},
)
_ANY_PLUGIN = ("plugin", {"metavar": "NAME", "nargs": "?", "help": "one plugin only"})
_REPAIRED = (
    "plugin",
    {"metavar": "NAME", "nargs": "?", "help": "a plugin, or host; all of them by default"},
)
_CHECKED = (
    "plugins",
    {
        "metavar": "NAME",
        "nargs": "*",
        "default": [],
        "help": "plugins by name, or host; by default all that are no installed packages",
    },
)
_VERIFIED = (
    "plugins",
    {
        "metavar": "NAME",
        "nargs": "*",
        "default": [],
        "help": "plugins by name, or host; by default all that the database has",
    },
)
_CAPTURED = ("plugin", {"metavar": "NAME", "help": "the plugin's name, or host"})
_DRAWN = (
    "plugins",
    {
        "metavar": "NAME",
        "nargs": "*",
        "default": [],
        "help": "plugins by name, which come with what they need; by default all",
    },
)
_HTML = (
    "--html",
    {"dest": "html", "metavar": "FILE", "help": "write a page that needs no network"},
)
_MERMAID = (
    "--mermaid",
    {"dest": "mermaid", "help": "print a flowchart of what is on disk, for a README"},
)
_WATCHED = (
    "plugins",
    {
        "metavar": "NAME",
        "nargs": "*",
        "default": [],
        "help": "plugins by name, or host; by default those of plugin_automigrate, or else all",
    },
)
_INTERVAL = (
    "--interval",
    {
        "dest": "interval",
        "metavar": "SECONDS",
        "help": "how long to wait between two looks; 1 by default",
    },
)
_PAUSE = (
    "--pause",
    {
        "dest": "pause",
        "metavar": "SECONDS",
        "help": "capture when nothing has changed for that long; 3 by default",
    },
)
_REVISION = ("revision", {"metavar": "REVISION", "help": "a revision id, -N or base"})

_SHELL = ("shell", {"choices": ("bash", "zsh", "fish"), "help": "the shell"})
_TREE = ("--tree", {"dest": "tree", "help": "show what requires what, as a tree"})
_PENDING = (
    "--pending",
    {"dest": "pending", "help": "show the revisions that an upgrade of all would apply"},
)
_WAIT = (
    "--wait",
    {
        "dest": "wait",
        "action": "store",
        "metavar": "SECONDS",
        "help": "how long to wait for a database that is still starting",
    },
)
_JSON = ("--json", {"dest": "as_json", "help": "print JSON"})
_SQL = ("--sql", {"dest": "sql", "help": "print SQL instead of touching a database"})
_DRY_RUN = ("--dry-run", {"dest": "dry_run", "help": "print the plan and change nothing"})
_FOOTPRINT = (
    "--footprint",
    {"dest": "footprint", "help": "with --dry-run: run it, print what it does, roll it back"},
)
_FAIL_FAST = (
    "--fail-fast",
    {"dest": "fail_fast", "help": "stop at the first plugin that fails"},
)
_WITHOUT_HOOKS = (
    "--without-hooks",
    {"dest": "without_hooks", "help": "call no hooks of plugins"},
)
_PHASE = (
    "--phase",
    {
        "dest": "phase",
        "action": "store",
        "metavar": "PHASE",
        "help": "expand: what an older version of the application can bear; contract: the rest",
    },
)
_PHASE_OF_REVISION = (
    "--phase",
    {**_PHASE[1], "help": "expand or contract: the phase of a release that it is marked with"},
)
_YES = ("--yes", {"dest": "yes", "help": "do not ask"})
_ALL = ("--all", {"dest": "all_plugins", "help": "every installed plugin, and the host"})
_FIX = (
    "--fix",
    {"dest": "fix", "help": "bring back what was changed by hand, where nothing is lost by that"},
)
_CASCADE = ("--cascade", {"dest": "cascade", "help": "uninstall the plugins that depend on it too"})
_PURGE = (
    "--purge",
    {"dest": "purge", "help": "drop what the downgrades leave behind, or cannot drop"},
)
_WITH_UNKNOWN = (
    "--with-unknown-objects",
    {
        "dest": "with_unknown_objects",
        "help": "drop what else is in the plugin's schema, too, made by none of its revisions",
    },
)
_CLAIM = (
    "--with-unknown-objects",
    {
        "dest": "with_unknown_objects",
        "help": "record as the plugin's what is there in its stead, restored or made by hand",
    },
)
_ACCEPT_DRIFT = (
    "--accept-drift",
    {"dest": "accept_drift", "help": "record objects that were changed by hand as they are now"},
)
_KEEP_DATA = ("--keep-data", {"dest": "keep_data", "help": "set the plugin's objects aside"})
_BACKUP = (
    "--backup",
    {"dest": "backup", "metavar": "PATH", "help": "write the plugin to a file of pg_dump's first"},
)
_FROM = (
    "--from",
    {"dest": "path", "metavar": "PATH", "help": "a backup, instead of what is set aside"},
)
_ADOPTED = (
    "plugins",
    {
        "metavar": "NAME",
        "nargs": "*",
        "default": [],
        "help": "plugins by name, or one and the revision that is there instead of its heads",
    },
)
_ALL_TABLES = (
    "--all",
    {"dest": "all_plugins", "help": "every plugin that has a version table of its own"},
)
_VERSION_TABLE = (
    "--version-table",
    {
        "dest": "version_table",
        "metavar": "TABLE",
        "help": "the plugin's own version table, which tells its revision and is dropped;"
        " {name} stands for the plugin's name",
    },
)
_FOLDER = ("--folder", {"dest": "as_folder", "help": "a folder of the host's, and no package"})
_PATH = (
    "--path",
    {
        "dest": "path",
        "metavar": "DIR",
        "help": "where to; by default NAME, or with --folder where the host has its plugins",
    },
)
_PACKAGE = (
    "--package",
    {"dest": "package", "metavar": "NAME", "help": "the package's name, if not the plugin's"},
)
_NAMESPACE = (
    "--namespace",
    {
        "dest": "namespace",
        "metavar": "TEXT",
        "help": "'schema NAME', 'schema NAME existing' or 'prefix NAME_'; by default the first",
    },
)
_HOST_FOLDER = ("folder", {"metavar": "DIR", "help": "the folder of the host"})
_ASYNC = ("--async", {"dest": "is_async", "help": "connect by an async engine"})
_PYPROJECT = ("--pyproject", {"dest": "pyproject", "help": "configure it in pyproject.toml"})
_AUTOGENERATE = (
    "--autogenerate",
    {"dest": "autogenerate", "help": "write what the models have and the database has not"},
)
_SPLICE = ("--splice", {"dest": "splice", "help": "let it follow a revision that is no head"})
_OF_REVISION: tuple[Argument, ...] = (
    ("-m --message", {"dest": "message", "help": "what the revision does"}),
    ("--head", {"dest": "head", "metavar": "REVISION", "help": "the revision that it follows"}),
    ("--branch-label", {"dest": "branch_label", "metavar": "LABEL", "help": "a label for it"}),
    ("--version-path", {"dest": "version_path", "metavar": "DIR", "help": "one of its folders"}),
    ("--rev-id", {"dest": "rev_id", "metavar": "ID", "help": "its id"}),
    (
        "--depends-on",
        {
            "dest": "depends_on",
            "metavar": "REVISION",
            "action": "append",
            "help": "a revision of the host or of a required plugin, by id, host@head or NAME@head",
        },
    ),
)
_RANGE = (
    "scope",
    {
        "metavar": "FROM:TO",
        "nargs": "?",
        "help": "the first and the last revision to squash; by default all of the branch",
    },
)
_KEY = ("key", {"metavar": "KEY", "help": "the value's key"})
_VALUE = ("value", {"metavar": "JSON", "help": "the value, a text in its own quotes"})
_LOCK = ("--lock", {"dest": "lock", "help": "write NAME.lock, the file of checksums, beside it"})
_DATABASE = (
    "--database",
    {"dest": "database", "help": "also run every revision up, down and up in a scratch database"},
)
_STRICT = ("--strict", {"dest": "strict", "help": "exit with 1 for notes too"})
_GITHUB = ("--github", {"dest": "as_github", "help": "print annotations for GitHub"})
_SARIF = ("--sarif", {"dest": "as_sarif", "help": "print SARIF 2.1.0, as code hosts read it"})
_DIFF_BASE = (
    "--diff-base",
    {"dest": "diff_base", "metavar": "REF", "help": "only files new or changed since, by git"},
)
_EXPLAIN = (
    "--explain",
    {"dest": "explain", "metavar": "RULE", "help": "say what a rule is about, and check nothing"},
)


def add_commands(subparsers: Any, *, at_once: bool = False) -> None:  # noqa: ANN401 - argparse's class is private
    """Add ``plugin`` to Alembic's own commands, unless the host has a command of that name.

    Its own commands are added when one is used, or `at_once`.
    """
    if "plugin" in subparsers.choices:
        return
    group: ArgumentParser = subparsers.add_parser(
        "plugin", help="Install, uninstall and show plugins."
    )
    if at_once:
        _add_group(group)
        return
    parse = group.parse_known_args

    def parse_known_args(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - argparse's
        # Other commands do not wait for ours to be imported.
        group.parse_known_args = parse  # type: ignore[method-assign]
        _add_group(group)
        return parse(*args, **options)

    group.parse_known_args = parse_known_args  # type: ignore[method-assign]


def _add_group(group: ArgumentParser) -> None:
    from . import actions, authoring, checking, completion, graphing, listing, store_actions
    from .examples import EXAMPLES

    commands = group.add_subparsers(metavar="COMMAND", required=True)

    def add(
        name: str,
        action: Callable[..., None],
        positional: list[Argument],
        flags: list[Argument],
        *valued: Argument,
        settings: tuple[Argument, ...] = (),
        connects: bool = True,
        group: Any = commands,  # noqa: ANN401 - argparse's class is private
    ) -> ArgumentParser:
        line = (action.__doc__ or "").partition("\n")[0]
        parser: ArgumentParser = group.add_parser(
            name,
            help=line,
            description="\n".join(wrap(line, _HELP_WIDTH)),
            epilog=f"example:\n  %(prog)s {EXAMPLES[name]}".rstrip(),
            formatter_class=RawDescriptionHelpFormatter,
        )
        chosen: Any = parser
        # What `settings` looks for is not handed to the action.
        waits = (_WAIT,) if connects and group is commands else ()
        for argument, options in (*flags, *settings, *waits):
            if argument == "--all":  # Or names: argparse says so where neither is given, or both.
                parser.usage = "%(prog)s [OPTION ...] (NAME ... | --all)"
                chosen = parser.add_mutually_exclusive_group(required=True)
                chosen.add_argument(argument, action="store_true", **options)
            else:
                parser.add_argument(argument, **{"action": "store_true", **options})
        for argument, options in positional:
            chosen.add_argument(argument, **options)
        for argument, options in valued:
            parser.add_argument(*argument.split(), **options)
        names = [argument for argument, _ in positional]
        keys = [options["dest"] for _, options in (*flags, *valued)]
        if group is not commands:
            names = ["plugin", *names]  # It comes before the word that chooses among them.
        parser.set_defaults(cmd=(action, names, keys))
        return parser

    add("list", listing.list_plugins, [], [_JSON, _TREE, _PENDING])
    add("show", actions.show, [_PLUGIN], [_JSON])
    flags = [_SQL, _DRY_RUN, _FOOTPRINT, _JSON]
    settings = (_FAIL_FAST, _WITHOUT_HOOKS, _PHASE)
    add("install", actions.install, [_PLUGINS], flags, settings=settings)
    add("upgrade", actions.upgrade, [_SOME_PLUGINS], [_ALL, *flags], settings=settings)
    hooks = (_WITHOUT_HOOKS,)
    moved = [_PLUGIN, _REVISION]
    add("downgrade", actions.downgrade, moved, [_YES, *flags], settings=(_WITHOUT_HOOKS, _PHASE))
    flags = [_CASCADE, _KEEP_DATA, _PURGE, _WITH_UNKNOWN, _YES, _SQL, _DRY_RUN, _JSON]
    add("uninstall", actions.uninstall, [_PLUGINS], flags, _BACKUP, settings=hooks)
    add("sync", actions.sync, [_PLUGIN], [_DRY_RUN, _JSON], settings=hooks)
    add("restore", actions.restore, [_PLUGIN], [_DRY_RUN], _FROM, settings=hooks)
    add("adopt", actions.adopt, [_ADOPTED], [_ALL_TABLES, _DRY_RUN, _FOOTPRINT], _VERSION_TABLE)
    add("forget", actions.forget, [_PLUGIN], [_YES, _DRY_RUN])
    add("verify", checking.verify, [_VERIFIED], [_FIX, _YES, _DRY_RUN, _JSON, _STRICT])
    add("graph", graphing.graph, [_DRAWN], [_MERMAID], _HTML)
    add("repair", actions.repair, [_REPAIRED], [_CLAIM, _ACCEPT_DRIFT, _YES, _DRY_RUN])
    add("history", actions.history, [_ANY_PLUGIN], [_JSON])
    add("history-sync", actions.history_sync, [], [_YES, _DRY_RUN])
    store = add("store", store_actions.list_values, [_PLUGIN], [_JSON])
    actions_on_store = store.add_subparsers(
        metavar="ACTION", help="what to do; none lists all values"
    )
    add("get", store_actions.get_value, [_KEY], [], group=actions_on_store)
    add("set", store_actions.set_value, [_KEY, _VALUE], [], group=actions_on_store)
    add("delete", store_actions.delete_value, [_KEY], [], group=actions_on_store)
    store.usage = "%(prog)s [--json] NAME [get KEY | set KEY JSON | delete KEY]"
    add("eject", actions.eject, [], [_YES, _DRY_RUN])
    flags = [_AUTOGENERATE, _SPLICE]
    marks = (_PHASE_OF_REVISION,)
    add("revision", authoring.revision, [_PLUGIN], flags, *_OF_REVISION, settings=marks)
    of_squash = [item for item in _OF_REVISION if item[0] in ("-m --message", "--rev-id")]
    add("squash", authoring.squash, [_PLUGIN, _RANGE], [], *of_squash, connects=False)
    add("capture", authoring.capture, [_CAPTURED], [_DRY_RUN, _JSON], *of_squash)
    add("watch", authoring.watch, [_WATCHED], [], _INTERVAL, _PAUSE)
    valued = (_PATH, _PACKAGE, _NAMESPACE)
    add("new", authoring.new_plugin, [_PLUGIN], [_FOLDER], *valued, connects=False)
    flags = [_ASYNC, _PYPROJECT]
    add("init-host", authoring.init_host, [_HOST_FOLDER], flags, connects=False)
    flags = [_LOCK, _DATABASE, _JSON, _GITHUB, _SARIF]
    add("check", checking.check, [_CHECKED], flags, _DIFF_BASE, _EXPLAIN)
    add("completion", completion.print_completion, [_SHELL], [], connects=False)
