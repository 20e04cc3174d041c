"""Three plugins in a chain of requirements, with rows: the middle one's folder is deleted."""

import pytest
from support.hosts import Host

ORPHAN = "crm_requires_billing"
CHAIN = ("billing", ORPHAN, "support_requires_crm")

WRITE = """
    INSERT INTO accounts VALUES (1, 'a@example.org', true);
    INSERT INTO billing.invoices (account_id, total) VALUES (1, 7), (1, 8);
    INSERT INTO crm_requires_billing.customers (invoice_id) VALUES (1), (2);
    INSERT INTO support_requires_crm.tickets (customer_id) VALUES (2)
"""

REFUSAL = (
    "Plugin 'crm_requires_billing' is required by support_requires_crm. Uninstall "
    "support_requires_crm first, or pass --cascade."
)


@pytest.fixture
def chain(host: Host) -> Host:
    """A host with the chain installed, rows in it, and the middle one's folder gone."""
    host.add(*CHAIN).run("plugin", "install", "support_requires_crm")
    host.database.execute(WRITE)
    return host.remove(ORPHAN)


def test_list_shows_the_orphan_by_its_name(chain: Host) -> None:
    assert chain.succeed("plugin", "list").lines == [
        "[X] billing               2.1  schema billing               billing_2 (head)",
        "[!] crm_requires_billing  1.0  schema crm_requires_billing  "
        "crm_1  its revision files are gone",
        "[X] support_requires_crm  -    schema support_requires_crm  support_1 (head)",
    ]


def test_current_shows_the_orphan_by_its_name(chain: Host) -> None:
    assert sorted(chain.succeed("current").lines) == [
        "billing: billing_2 (head)",
        "crm_requires_billing (its revision files are gone): crm_1 (head)",
        "host: host_2 (head)",
        "support_requires_crm: support_1 (head)",
    ]


def test_upgrade_heads_brings_the_host(chain: Host) -> None:
    chain.run("revision", "-m", "more", "--rev-id", "host_3")
    chain.succeed("upgrade", "heads")
    assert chain.database.versions() == ["billing_2", "crm_1", "host_3", "support_1"]


def test_upgrade_heads_warns_of_the_plugin_whose_requirement_is_gone(chain: Host) -> None:
    said = chain.succeed("upgrade", "heads").stderr
    assert "'support_requires_crm' requires 'crm_requires_billing', which is not there." in said


def test_upgrade_heads_loses_no_row(chain: Host) -> None:
    before = chain.database.dump()
    chain.succeed("upgrade", "heads")
    assert chain.database.dump() == before


def test_another_plugin_is_installed(chain: Host) -> None:
    chain.add("makes_things").succeed("plugin", "install", "makes_things")
    assert chain.database.plugins() == sorted([*CHAIN, "makes_things"])


def test_dependent_is_not_brought_further_without_what_it_requires(chain: Host) -> None:
    chain.run("-x", "plugin=support_requires_crm", "revision", "-m", "more", "--rev-id=support_2")
    words = chain.refuse("plugin", "upgrade", "support_requires_crm")
    assert words == (
        "Plugin 'support_requires_crm' requires 'crm_requires_billing', which is not there. "
        "Install the package that has it."
    )


def test_upgrade_heads_brings_all_others_before_it_fails(chain: Host) -> None:
    chain.run("-x", "plugin=support_requires_crm", "revision", "-m", "more", "--rev-id=support_2")
    chain.run("-x", "plugin=billing", "revision", "-m", "more", "--rev-id", "billing_3")
    words = chain.fail("upgrade", "heads")
    assert words == (
        "Plugins that could not be upgraded: support_requires_crm; upgraded: billing. Plugin "
        "'support_requires_crm' requires 'crm_requires_billing', which is not there. Install the "
        "package that has it."
    )
    assert chain.database.versions() == ["billing_3", "crm_1", "host_2", "support_1"]


@pytest.mark.parametrize("option", ["--yes", "--purge --yes", "--keep-data --yes"])
def test_orphan_is_not_uninstalled_while_it_is_required(chain: Host, option: str) -> None:
    assert chain.refuse("plugin", "uninstall", ORPHAN, *option.split()) == REFUSAL


def test_first_of_the_chain_is_not_uninstalled_while_the_orphan_is_there(chain: Host) -> None:
    words = chain.refuse("plugin", "uninstall", "billing", "--yes")
    assert words.startswith("Plugin 'billing' is required by crm_requires_billing")


def test_orphan_goes_with_its_dependent_by_cascade(chain: Host) -> None:
    result = chain.succeed("plugin", "uninstall", ORPHAN, "--cascade", "--yes")
    assert result.lines[-2:] == [
        "uninstalled support_requires_crm",
        "uninstalled crm_requires_billing",
    ]
    assert chain.database.plugins() == ["billing"]


def test_cascade_shows_the_rows_that_go(chain: Host) -> None:
    result = chain.succeed("plugin", "uninstall", ORPHAN, "--cascade", "--dry-run")
    tables = [line.split()[1:4] for line in result.lines if line.startswith("  table ")]
    assert tables == [
        ["support_requires_crm.tickets", "1", "row"],
        ["crm_requires_billing.customers", "2", "rows"],
    ]


def test_rows_of_what_the_orphan_required_stay(chain: Host) -> None:
    chain.succeed("plugin", "uninstall", ORPHAN, "--cascade", "--yes")
    assert chain.database.values("SELECT total::int FROM billing.invoices ORDER BY 1") == [7, 8]


def test_orphan_goes_without_a_trace(chain: Host, other_host: Host) -> None:
    chain.succeed("plugin", "uninstall", ORPHAN, "--cascade", "--yes")
    other_host.add("billing").succeed("plugin", "install", "billing")
    assert chain.database.catalog() == other_host.database.catalog()


def test_chain_goes_without_a_trace(chain: Host, other_host: Host) -> None:
    chain.succeed("plugin", "uninstall", "billing", "--cascade", "--yes")
    other_host.succeed("upgrade", "head")
    assert chain.database.catalog() == other_host.database.catalog()


def test_orphan_is_downgraded_after_its_dependent_is_gone(chain: Host) -> None:
    chain.run("plugin", "uninstall", "support_requires_crm", "--yes")
    chain.succeed("-x", f"plugin={ORPHAN}", "downgrade", "base")
    assert chain.database.plugins() == ["billing"]


def test_orphan_is_not_downgraded_under_its_dependent(chain: Host) -> None:
    words = chain.refuse("-x", f"plugin={ORPHAN}", "downgrade", "-1")
    assert "support_requires_crm" in words


def test_orphan_is_downgraded_with_its_dependent_where_told_so(chain: Host) -> None:
    chain.succeed("-x", f"plugin={ORPHAN}", "-x", "cascade=true", "downgrade", "-1")
    assert chain.database.versions() == ["billing_2", "host_2"]


def test_orphan_comes_back_with_its_folder(chain: Host) -> None:
    before = chain.database.dump()
    chain.add(ORPHAN).succeed("upgrade", "heads")
    assert chain.database.dump() == before
