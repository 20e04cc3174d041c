"""`uninstall --keep-data`: what is set aside is in nobody's way, and comes back as it was."""

import json

import pytest
from support.hosts import Host

SET_ASIDE = ("plugin", "uninstall", "--keep-data", "--yes")
RESTORE = ("plugin", "restore")

WRITE_LETTERS = """
    INSERT INTO accounts VALUES (1, 'a@example.org', true);
    INSERT INTO counts_rows.letters (word) VALUES ('one'), ('two'), ('three');
    DELETE FROM counts_rows.letters WHERE word = 'two';
    INSERT INTO counts_rows.stamps (letter_id, account_id) VALUES (3, 1);
    SELECT nextval('counts_rows.stamp_numbers')
"""

WRITE_SHOP = """
    INSERT INTO accounts VALUES (1, 'a@example.org', true);
    INSERT INTO shop_items (word) VALUES ('tea'), ('100% cotton');
    INSERT INTO shop_orders (item_id, account_id) VALUES (2, 1);
    INSERT INTO shop_days VALUES ('2026-11-21')
"""

NO_REGISTRY_ROWS = "--exclude-table-data=*.alembic_plugin*"


def make_quarantined(host: Host, name: str) -> str:
    """Set a plugin aside; return what is refused for that until it is back."""
    host.run(*SET_ASIDE, name)
    return (
        f"Plugin '{name}' is set aside in schema 'quarantine_{name}'. Bring it back with 'alembic "
        f"plugin restore {name}', or drop what is there with 'alembic plugin uninstall {name} "
        "--purge'."
    )


@pytest.fixture
def letters(host: Host) -> Host:
    """A host with a plugin whose tables and sequences have been used."""
    host.add("counts_rows").run("plugin", "install", "counts_rows")
    host.database.execute(WRITE_LETTERS)
    return host


@pytest.fixture
def shop(host: Host) -> Host:
    """A host with a plugin by prefix whose tables have been used."""
    host.add("shop_by_prefix").run("plugin", "install", "shop_by_prefix")
    host.database.execute(WRITE_SHOP)
    return host


@pytest.fixture
def chain(host: Host) -> Host:
    """A host with two plugins that are installed, one of which requires the other."""
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    return host


def test_keep_data_renames_the_schema(letters: Host) -> None:
    letters.succeed(*SET_ASIDE, "counts_rows")
    assert letters.database.schemas() == ["quarantine_counts_rows"]


def test_keep_data_says_what_is_set_aside(letters: Host) -> None:
    lines = letters.succeed(*SET_ASIDE, "counts_rows").lines
    assert lines[0] == "plugin counts_rows and what it has made, to be set aside:"
    assert "  table     counts_rows.letters        2 rows" in "\n".join(lines)
    assert lines[-1] == "set aside counts_rows"


def test_keep_data_takes_the_plugin_out_of_the_version_table(letters: Host) -> None:
    letters.succeed(*SET_ASIDE, "counts_rows")
    assert letters.database.versions() == ["host_2"]


def test_keep_data_runs_no_downgrade(host: Host) -> None:
    host.add("irreversible").run("plugin", "install", "irreversible")
    host.succeed(*SET_ASIDE, "irreversible")
    assert "quarantine_irreversible.ashes" in host.database.tables()


def test_keep_data_dry_run_changes_nothing(letters: Host) -> None:
    before = letters.database.dump()
    result = letters.succeed("plugin", "uninstall", "counts_rows", "--keep-data", "--dry-run")
    assert "to be set aside:" in result.lines[0]
    assert letters.database.dump() == before


def test_keep_data_wants_yes_where_nobody_can_be_asked(letters: Host) -> None:
    words = letters.refuse("plugin", "uninstall", "counts_rows", "--keep-data")
    assert words.endswith("Pass --yes to run it without asking.")


def test_keep_data_stops_when_the_answer_is_no(letters: Host) -> None:
    before = letters.database.dump()
    result = letters.answer("n", "plugin", "uninstall", "counts_rows", "--keep-data")
    assert "was declined. Nothing was changed." in result.failures[0]
    assert letters.database.dump() == before


def test_list_tells_where_it_is_set_aside(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    result = letters.succeed("plugin", "list")
    assert result.lines == [
        "[!] counts_rows  1.0  schema counts_rows  "
        "counts_2  set aside in schema quarantine_counts_rows"
    ]
    assert result.stderr == ""


def test_list_as_json_tells_of_what_is_set_aside(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    [plugin] = json.loads(letters.succeed("plugin", "list", "--json").stdout)
    assert plugin == {
        "name": "counts_rows",
        "version": "1.0",
        "namespace": "schema counts_rows",
        "state": "quarantined",
        "current": "counts_2",
        "head": "counts_2",
        "pending": 0,
        "waiting": [],
    }


def test_show_tells_of_what_is_set_aside(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    facts = json.loads(letters.succeed("plugin", "show", "counts_rows", "--json").stdout)
    assert (facts["state"], facts["current"]) == ("quarantined", "counts_2")
    assert facts["remark"] == "set aside in schema quarantine_counts_rows"


def test_current_leaves_out_what_is_set_aside(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    assert letters.succeed("current").lines == ["host: host_2 (head)"]


@pytest.mark.parametrize(
    "arguments",
    [
        "plugin install counts_rows",
        "plugin upgrade counts_rows",
        "plugin downgrade counts_rows base --yes",
        "plugin uninstall counts_rows --yes",
        "plugin uninstall counts_rows --keep-data --yes",
        "plugin uninstall counts_rows --backup file --purge --yes",
        "plugin adopt counts_rows",
        "-x plugin=counts_rows upgrade head",
        "-x plugin=counts_rows downgrade -1",
        "-x plugin=counts_rows stamp head",
    ],
)
def test_what_is_set_aside_is_neither_moved_nor_installed(letters: Host, arguments: str) -> None:
    refusal = make_quarantined(letters, "counts_rows")
    assert letters.refuse(*arguments.split()) == refusal


def test_plugin_that_requires_what_is_set_aside_is_not_installed(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "billing")
    refusal = make_quarantined(host, "billing")
    assert host.refuse("plugin", "install", "crm_requires_billing") == refusal


@pytest.mark.parametrize("command", ["upgrade heads", "plugin upgrade --all"])
def test_upgrade_of_all_passes_over_what_is_set_aside(letters: Host, command: str) -> None:
    make_quarantined(letters, "counts_rows")
    letters.run("revision", "-m", "more", "--rev-id", "host_3")
    letters.succeed(*command.split())
    assert letters.database.versions() == ["host_3"]


@pytest.mark.parametrize("name", ["counts_rows", "makes_things", "billing", "creates_own_schema"])
def test_restore_brings_back_everything(host: Host, name: str) -> None:
    host.add(name).run("plugin", "install", name)
    before = host.database.dump(NO_REGISTRY_ROWS)
    host.run(*SET_ASIDE, name)
    assert host.succeed(*RESTORE, name).lines == [f"restored {name}"]
    assert host.database.dump(NO_REGISTRY_ROWS) == before


def test_restore_brings_back_rows_and_sequences(letters: Host) -> None:
    before = letters.database.dump(NO_REGISTRY_ROWS)
    make_quarantined(letters, "counts_rows")
    letters.succeed(*RESTORE, "counts_rows")
    assert letters.database.dump(NO_REGISTRY_ROWS) == before


def test_restore_brings_back_what_is_remembered(letters: Host) -> None:
    *before, _events = letters.database.registry_writes()
    make_quarantined(letters, "counts_rows")
    letters.succeed(*RESTORE, "counts_rows")
    assert letters.database.registry_writes()[:-1] == before


def test_restored_plugin_is_listed_as_before(letters: Host) -> None:
    before = letters.succeed("plugin", "list").lines
    make_quarantined(letters, "counts_rows")
    letters.succeed(*RESTORE, "counts_rows")
    assert letters.succeed("plugin", "list").lines == before


def test_restored_plugin_goes_without_a_trace(host: Host) -> None:
    host.add("counts_rows").run("upgrade", "head")
    before = host.database.catalog()
    host.run("plugin", "install", "counts_rows")
    host.run_all([[*SET_ASIDE, "counts_rows"], [*RESTORE, "counts_rows"]])
    host.succeed("plugin", "uninstall", "counts_rows", "--yes")
    assert host.database.catalog() == before


def test_restored_plugin_is_behind_where_its_package_went_on(letters: Host) -> None:
    letters.run("-x", "plugin=counts_rows", "downgrade", "counts_1")
    make_quarantined(letters, "counts_rows")
    letters.succeed(*RESTORE, "counts_rows")
    assert letters.succeed("plugin", "list").lines[0].endswith("counts_1  1 revision behind")


def test_restore_dry_run_changes_nothing(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    before = letters.database.dump()
    result = letters.succeed(*RESTORE, "counts_rows", "--dry-run")
    assert result.lines == ["restore counts_rows"]
    assert letters.database.dump() == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("counts_rows", "Plugin 'counts_rows' is installed already."),
        ("billing", "Nothing of plugin 'billing' is set aside."),
        ("nothing", "Nothing of plugin 'nothing' is set aside."),
        ("Odd", "'Odd' is no name for a plugin."),
    ],
)
def test_restore_of_what_is_not_set_aside_is_refused(letters: Host, name: str, words: str) -> None:
    assert letters.add("billing").refuse(*RESTORE, name).startswith(words)


def test_history_tells_of_both(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    letters.run(*RESTORE, "counts_rows")
    events = json.loads(letters.succeed("plugin", "history", "counts_rows", "--json").stdout)
    assert [(e["action"], e["from_revisions"], e["to_revisions"]) for e in events[1:]] == [
        ("quarantine", ["counts_2"], []),
        ("restore", [], ["counts_2"]),
    ]


def test_purge_drops_what_is_set_aside(host: Host) -> None:
    host.add("counts_rows").run("upgrade", "head")
    before = host.database.dump("--schema-only")
    host.run_all([["plugin", "install", "counts_rows"], [*SET_ASIDE, "counts_rows"]])
    result = host.succeed("plugin", "uninstall", "counts_rows", "--purge", "--yes")
    assert result.lines[-1] == "uninstalled counts_rows"
    assert host.database.catalog() == before


def test_purge_shows_what_is_dropped_of_what_is_set_aside(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    result = letters.succeed("plugin", "uninstall", "counts_rows", "--purge", "--dry-run")
    assert "quarantine_counts_rows.letters        2 rows" in result.stdout


def test_plugin_is_installed_anew_after_a_purge(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    letters.run("plugin", "uninstall", "counts_rows", "--purge", "--yes")
    letters.succeed("plugin", "install", "counts_rows")
    assert letters.database.values("SELECT count(*) FROM counts_rows.letters") == [0]


def test_purge_drops_nothing_that_others_lean_on(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    letters.database.execute(
        "CREATE TABLE replies (letter_id bigint REFERENCES quarantine_counts_rows.letters)"
    )
    words = letters.refuse("plugin", "uninstall", "counts_rows", "--purge", "--yes")
    assert "is used by table constraint replies_letter_id_fkey on public.replies." in words


def test_foreign_keys_from_elsewhere_stay_in_force(letters: Host) -> None:
    letters.database.execute(
        "CREATE TABLE replies (letter_id bigint REFERENCES counts_rows.letters)"
    )
    before = letters.database.dump(NO_REGISTRY_ROWS)
    letters.run_all([[*SET_ASIDE, "counts_rows"], [*RESTORE, "counts_rows"]])
    assert letters.database.dump(NO_REGISTRY_ROWS) == before


def test_views_from_elsewhere_show_what_is_set_aside(letters: Host) -> None:
    letters.database.execute("CREATE VIEW firsts AS SELECT word FROM counts_rows.letters")
    make_quarantined(letters, "counts_rows")
    assert letters.database.values("SELECT word FROM firsts") == ["one", "three"]


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (
            "CREATE TABLE uses (n int DEFAULT makes_things.one())",
            "default value for public.uses.n.",
        ),
        ("CREATE TABLE uses (m makes_things.mood)", "column m of table public.uses"),
        ("CREATE TABLE uses (n int DEFAULT nextval('makes_things.numbers'))", "default value for"),
    ],
)
def test_what_others_call_is_not_set_aside(host: Host, use: str, words: str) -> None:
    host.add("makes_things").run("plugin", "install", "makes_things")
    host.database.execute(use)
    refusal = host.refuse(*SET_ASIDE, "makes_things")
    assert refusal.startswith(f"Plugin 'makes_things' cannot be set aside: it is used by {words}")


def test_what_a_plugin_has_made_in_a_shared_schema_is_set_aside(host: Host) -> None:
    host.add("billing").configure("[alembic_plugins.billing]", "namespace = schema public existing")
    host.run("plugin", "install", "billing")
    host.succeed(*SET_ASIDE, "billing")
    assert host.database.tables() == ["public.accounts", "quarantine_billing.invoices"]


def test_what_was_set_aside_of_a_shared_schema_comes_back(host: Host) -> None:
    host.add("billing").configure("[alembic_plugins.billing]", "namespace = schema public existing")
    host.run("plugin", "install", "billing")
    before = host.database.catalog()
    host.run_all([[*SET_ASIDE, "billing"], ["plugin", "restore", "billing"]])
    assert host.database.catalog() == before


def test_keep_data_refuses_while_required(chain: Host) -> None:
    words = chain.refuse(*SET_ASIDE, "billing")
    assert words == (
        "Plugin 'billing' is required by crm_requires_billing. Uninstall crm_requires_billing "
        "first, or pass --cascade."
    )


def test_keep_data_takes_dependents_along_with_cascade(chain: Host) -> None:
    chain.succeed(*SET_ASIDE, "billing", "--cascade")
    assert chain.database.schemas() == ["quarantine_billing", "quarantine_crm_requires_billing"]
    assert chain.database.versions() == ["host_2"]


def test_dependent_comes_back_after_what_it_requires(chain: Host) -> None:
    chain.run(*SET_ASIDE, "billing", "--cascade")
    words = chain.refuse(*RESTORE, "crm_requires_billing")
    assert words == (
        "Plugin 'crm_requires_billing' needs billing, which the database does not have. Install, "
        "restore or adopt billing first; nothing was changed."
    )


def test_dependents_come_back_as_they_were(chain: Host) -> None:
    chain.database.execute("INSERT INTO billing.invoices (total) VALUES (7)")
    chain.database.execute("INSERT INTO crm_requires_billing.customers (invoice_id) VALUES (1)")
    before = chain.database.dump(NO_REGISTRY_ROWS)
    chain.run(*SET_ASIDE, "billing", "--cascade")
    chain.run_all([[*RESTORE, "billing"], [*RESTORE, "crm_requires_billing"]])
    assert chain.database.dump(NO_REGISTRY_ROWS) == before


@pytest.mark.parametrize("dependent", ["refers_undeclared", "leaning"])
def test_keep_data_names_whose_objects_lean_on_it(host: Host, dependent: str) -> None:
    host.configure("plugin_guard = off").add("billing", dependent)
    host.run("plugin", "install", "billing", dependent)
    words = host.refuse(*SET_ASIDE, "billing")
    assert words.startswith(f"Plugin 'billing' is used by {dependent}: ")


def test_required_plugin_does_not_go_while_its_dependent_is_set_aside(chain: Host) -> None:
    make_quarantined(chain, "crm_requires_billing")
    words = chain.refuse("plugin", "uninstall", "billing", "--yes")
    assert "on quarantine_crm_requires_billing.customers" in words
    assert "set aside of 'crm_requires_billing'" in words


def test_host_does_not_go_back_under_what_is_set_aside(host: Host) -> None:
    host.add("depends_on_host").run("plugin", "install", "depends_on_host")
    make_quarantined(host, "depends_on_host")
    words = host.refuse("downgrade", "host_1")
    assert words.startswith("Objects of 'host' cannot be dropped, since it is used by view")
    assert "quarantine_depends_on_host.actives" in words


def test_namespace_that_another_plugin_has_taken_is_not_taken_back(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    make_quarantined(host, "billing")
    host.add("claims_billing_schema").run("plugin", "install", "claims_billing_schema")
    words = host.refuse(*RESTORE, "billing")
    assert words == (
        "Plugins 'claims_billing_schema' and 'billing' overlap: both claim schema billing. Give "
        "one of them another namespace."
    )


def test_plugin_comes_back_when_the_other_one_has_left_its_namespace(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    before = host.database.dump(NO_REGISTRY_ROWS)
    make_quarantined(host, "billing")
    host.add("claims_billing_schema").run("plugin", "install", "claims_billing_schema")
    host.run("plugin", "uninstall", "claims_billing_schema", "--yes")
    host.succeed(*RESTORE, "billing")
    assert host.database.dump(NO_REGISTRY_ROWS) == before


def test_schema_that_somebody_has_made_meanwhile_is_left_alone(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    letters.database.execute("CREATE SCHEMA counts_rows")
    words = letters.refuse(*RESTORE, "counts_rows")
    assert words.startswith("Plugin 'counts_rows' cannot be moved to schema 'counts_rows': there")


def test_schema_that_has_the_name_already_is_left_alone(letters: Host) -> None:
    letters.database.execute("CREATE SCHEMA quarantine_counts_rows")
    words = letters.refuse(*SET_ASIDE, "counts_rows")
    assert words.startswith("Plugin 'counts_rows' cannot be moved to schema 'quarantine_counts_")


def test_prefixed_tables_move_to_a_schema_of_their_own(shop: Host) -> None:
    shop.succeed(*SET_ASIDE, "shop_by_prefix")
    aside = ["shop_days", "shop_days_all", "shop_items", "shop_orders", "shop_words"]
    assert shop.database.tables() == [
        "public.accounts",
        *(f"quarantine_shop_by_prefix.{name}" for name in aside),
    ]


def test_prefixed_tables_come_back_as_they_were(shop: Host) -> None:
    before = shop.database.dump(NO_REGISTRY_ROWS)
    make_quarantined(shop, "shop_by_prefix")
    shop.succeed(*RESTORE, "shop_by_prefix")
    assert shop.database.dump(NO_REGISTRY_ROWS) == before


def test_prefixed_tables_that_are_set_aside_can_be_purged(host: Host) -> None:
    host.add("shop_by_prefix").run("upgrade", "head")
    before = host.database.dump("--schema-only")
    host.run_all([["plugin", "install", "shop_by_prefix"], [*SET_ASIDE, "shop_by_prefix"]])
    host.succeed("plugin", "uninstall", "shop_by_prefix", "--purge", "--yes")
    assert host.database.catalog() == before


def test_prefixed_table_that_somebody_has_made_meanwhile_is_left_alone(shop: Host) -> None:
    make_quarantined(shop, "shop_by_prefix")
    shop.database.execute("CREATE TABLE shop_items (mine int)")
    assert 'relation "shop_items" already exists' in shop.refuse(*RESTORE, "shop_by_prefix")


def test_orphan_is_set_aside_and_comes_back(letters: Host) -> None:
    before = letters.database.dump(NO_REGISTRY_ROWS)
    letters.remove("counts_rows").succeed(*SET_ASIDE, "counts_rows")
    letters.succeed(*RESTORE, "counts_rows")
    assert letters.database.dump(NO_REGISTRY_ROWS) == before


def test_orphan_that_is_set_aside_is_listed(letters: Host) -> None:
    letters.remove("counts_rows").run(*SET_ASIDE, "counts_rows")
    result = letters.succeed("plugin", "list")
    assert result.lines == [
        "[!] counts_rows  1.0  schema counts_rows  "
        "counts_2  set aside in schema quarantine_counts_rows"
    ]
    assert result.stderr == ""


def test_orphan_that_is_set_aside_can_be_purged(letters: Host) -> None:
    letters.remove("counts_rows").run(*SET_ASIDE, "counts_rows")
    letters.succeed("plugin", "uninstall", "counts_rows", "--purge", "--yes")
    assert letters.database.schemas() == []


def test_restored_orphan_goes_without_its_files(letters: Host) -> None:
    letters.remove("counts_rows")
    letters.run_all([[*SET_ASIDE, "counts_rows"], [*RESTORE, "counts_rows"]])
    letters.succeed("plugin", "uninstall", "counts_rows", "--yes")
    assert letters.database.schemas() == []


def test_what_is_set_aside_can_be_forgotten(letters: Host) -> None:
    make_quarantined(letters, "counts_rows")
    letters.succeed("plugin", "forget", "counts_rows", "--yes")
    assert letters.succeed("plugin", "list").lines == ["[ ] counts_rows  1.0  schema counts_rows"]
    assert letters.database.schemas() == ["quarantine_counts_rows"]


@pytest.mark.parametrize("option", ["--purge", "--backup=file"])
def test_keep_data_goes_with_no_other_way(letters: Host, option: str) -> None:
    words = letters.refuse(*SET_ASIDE, "counts_rows", option)
    told = "Option '--keep-data' cannot be given with --purge or --backup. Leave out one of them."
    assert words == told


def test_keep_data_cannot_be_told_offline(letters: Host) -> None:
    words = letters.refuse("plugin", "uninstall", "counts_rows", "--keep-data", "--sql")
    assert words.startswith(
        "'alembic plugin uninstall --sql --keep-data' asks the database something"
    )


@pytest.mark.parametrize("word", ["order", "user"])
def test_plugin_named_by_a_reserved_word_is_set_aside(host: Host, word: str) -> None:
    host.add(**{word: "reserved_word"}).run("plugin", "install", word)
    before = host.database.dump(NO_REGISTRY_ROWS)
    host.run(*SET_ASIDE, word)
    host.succeed(*RESTORE, word)
    assert host.database.dump(NO_REGISTRY_ROWS) == before
