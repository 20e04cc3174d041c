"""Revisions that end their transaction, or the process, themselves."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from support.hosts import Host

COMMITS = {
    "commit": "op.get_bind().commit()",
    "rollback": "op.get_bind().rollback()",
    "rollback after a failure": """
        try:
            op.get_bind().exec_driver_sql("SELECT 1/0")
        except Exception:
            op.get_bind().rollback()
    """,
    "rollback that is caught": """
        try:
            op.get_bind().rollback()
        except Exception:
            pass
    """,
    "rollback of a session": """
        session = Session(bind=op.get_bind())
        session.execute(text("SELECT 1"))
        session.rollback()
    """,
    "ROLLBACK": 'op.execute("rollback work")',
    "ABORT": 'op.get_bind().execute(text("ABORT"))',
    "close": "op.get_bind().close()",
    "close of a block": """
        with op.get_bind() as connection:
            connection.execute(text("SELECT 1"))
    """,
    "rollback of the driver": "op.get_bind().connection.rollback()",
    "rollback by the driver's cursor": 'op.get_bind().connection.cursor().execute("ROLLBACK")',
    "ROLLBACK behind a comment": 'op.execute("-- back\\nROLLBACK")',
    "ROLLBACK among others": 'op.execute("SELECT 1; ROLLBACK; SELECT 2")',
}
KEPT = {
    "COMMIT": 'op.execute("COMMIT")',
    "commit work": 'op.execute(" commit work")',
    "END": 'op.execute("END")',
    "chain": 'op.execute("COMMIT AND CHAIN")',
    "comment": 'op.execute("/* now */ COMMIT")',
    "last of a string": 'op.execute("BEGIN; SELECT 1; COMMIT")',
    "among others": 'op.execute("SELECT 1; COMMIT; SELECT 2")',
    "driver": "op.get_bind().connection.commit()",
    "cursor of the driver": 'op.get_bind().connection.cursor().execute("COMMIT")',
}
FAILURES = "SELECT detail FROM alembic_plugin_event WHERE outcome = 'failed'"

EXITS = {
    "exit": "sys.exit(0)",
    "quit": "raise GeneratorExit",
    "cancelled": "import asyncio; raise asyncio.CancelledError",
    "own": "raise type('Stop', (BaseException,), {})()",
}

REVISION = """\
import sys
from alembic import op
from sqlalchemy import text
from sqlalchemy.orm import Session

revision = "p{0}"
down_revision = {1}


def upgrade():
{2}


def downgrade():
    pass
"""


def write(host: Host, number: int, body: str) -> None:
    """Write a revision of plugin `shop`."""
    lines = [line for line in body.splitlines() if line.strip()]
    depth = len(lines[0]) - len(lines[0].lstrip())
    text = "\n".join(f"    {line[depth:]}" for line in lines)
    below = repr(f"p{number - 1}") if number > 1 else None
    host.write(f"plugins/shop/versions/p{number}.py", REVISION.format(number, below, text))


@pytest.fixture
def shop(host: Host) -> Host:
    """A host that is at its head, with a plugin that makes a table before and one after p2."""
    host.run("upgrade", "head")
    write(host, 1, 'op.execute("CREATE TABLE orders (i int)")')
    write(host, 2, "pass")
    write(host, 3, 'op.execute("CREATE TABLE later (i int)")')
    return host


@pytest.mark.parametrize("body", COMMITS.values(), ids=list(COMMITS))
@pytest.mark.parametrize("last", ["pass", "raise ValueError"])
def test_revision_that_ends_its_transaction_is_refused(shop: Host, body: str, last: str) -> None:
    write(shop, 2, body)
    write(shop, 3, f'op.execute("CREATE TABLE later (i int)"); {last}')
    assert "'p2' of 'shop' ends the transaction" in shop.refuse("plugin", "install", "shop")
    assert len(shop.database.values(FAILURES)) == 1
    write(shop, 2, "pass")
    write(shop, 3, 'op.execute("CREATE TABLE later (i int)")')
    shop.run("plugin", "install", "shop")
    assert {"shop.orders", "shop.later"} <= set(shop.database.tables())


def test_downgrade_that_ends_its_transaction_is_refused(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    file = shop.folder / "plugins/shop/versions/p3.py"
    text = file.read_text().replace("    pass\n", "    op.get_bind().commit()\n")
    file.write_text(text.replace("    op.execute", "    pass; op.execute"))
    shop.run("plugin", "repair", "shop", "--yes")
    words = shop.refuse("-x", "plugin=shop", "downgrade", "-1")
    assert "'p3' of 'shop' ends the transaction" in words


@pytest.mark.parametrize("body", EXITS.values(), ids=list(EXITS))
def test_revision_that_ends_the_process_has_failed(shop: Host, body: str) -> None:
    write(shop, 2, body)
    assert "of revision 'p2' of 'shop' failed" in shop.refuse("plugin", "install", "shop")
    failed = shop.database.values(
        "SELECT detail FROM alembic_plugin_event WHERE outcome = 'failed'"
    )
    assert len(failed) == 1


@pytest.mark.parametrize("body", EXITS.values(), ids=list(EXITS))
def test_file_that_ends_the_process_is_broken(shop: Host, body: str) -> None:
    file = shop.folder / "plugins/shop/versions/p2.py"
    file.write_text(f"{file.read_text()}\n{body}\n")
    assert "plugins/shop/versions/p2.py' of 'shop' cannot" in shop.refuse(
        "plugin", "install", "shop"
    )


def test_session_may_commit_which_leaves_the_transaction_open(shop: Host) -> None:
    body = """
        session = Session(bind=op.get_bind())
        session.execute(text("INSERT INTO orders VALUES (1)"))
        session.commit()
        session.close()
    """
    write(shop, 2, body)
    write(shop, 3, "raise ValueError")
    shop.refuse("plugin", "install", "shop")
    write(shop, 3, "pass")
    shop.run("plugin", "install", "shop")
    assert shop.database.values("SELECT i FROM shop.orders") == [1]


@pytest.mark.parametrize("commit", KEPT.values(), ids=list(KEPT))
def test_what_is_committed_in_sql_stays_and_is_carried_on_from(shop: Host, commit: str) -> None:
    body = f"""
        op.execute("CREATE TABLE early (i int)")
        {commit}
        op.execute("CREATE TABLE late (i int)")
    """
    write(shop, 2, f"{body.rstrip()}\n        raise ValueError\n")
    words = shop.fail("plugin", "install", "shop")
    assert "What it has committed stays" in words
    assert {"shop.orders", "shop.early"} <= set(shop.database.tables())
    assert "shop.late" not in shop.database.tables()
    assert shop.database.applied()[-1] == "p1"
    write(shop, 2, body)
    shop.run("plugin", "install", "shop")
    assert {"shop.early", "shop.late", "shop.later"} <= set(shop.database.tables())
    shop.run("plugin", "uninstall", "shop", "--yes", "--purge")
    assert "shop" not in shop.database.schemas()


@pytest.mark.parametrize("commit", KEPT.values(), ids=list(KEPT))
def test_what_a_revision_has_made_before_its_commit_is_its_own(shop: Host, commit: str) -> None:
    write(shop, 2, f'op.execute("CREATE TABLE early (i int)"); {commit}')
    shop.run("plugin", "install", "shop")
    owners = "SELECT plugin || ' ' || identity FROM alembic_plugin_object WHERE kind = 'table'"
    expected = ["shop shop.early", "shop shop.later", "shop shop.orders"]
    assert [
        row for row in sorted(map(str, shop.database.values(owners))) if "shop" in row
    ] == expected


def test_function_whose_body_ends_with_end_is_no_commit(shop: Host) -> None:
    body = (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END; $$; SELECT 1"
    )
    write(shop, 2, f'op.execute("{body}"); raise ValueError')
    assert "'p2' of 'shop' failed" in shop.refuse("plugin", "install", "shop")


def test_rollback_after_a_commit_in_sql_is_told_with_what_stays(shop: Host) -> None:
    write(shop, 2, 'op.execute("COMMIT"); op.get_bind().rollback()')
    words = shop.fail("plugin", "install", "shop")
    assert words.endswith("rolled back, but what was committed midway stays.")
    assert shop.database.applied()[-1] == "p1"


def test_what_comes_after_a_commit_in_sql_is_checked(shop: Host) -> None:
    write(shop, 2, 'op.execute("COMMIT"); op.execute("DELETE FROM public.accounts")')
    words = shop.fail("plugin", "install", "shop")
    assert "'p2' of 'shop' writes to table public.accounts" in words


def test_interrupt_from_the_keyboard_is_one_line_and_in_the_history(shop: Host) -> None:
    write(shop, 2, 'op.execute("SELECT pg_sleep(60)")')
    process = subprocess.Popen(
        [sys.executable, "-m", "alembic", "plugin", "install", "shop"],
        cwd=shop.folder,
        env={**os.environ, "DATABASE_URL": shop.database.text},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, it would ignore the signal as they do.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
    )
    sleeping = (
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active'"
    )
    while not shop.database.values(sleeping):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert process.returncode != 0
    assert "Traceback" not in stdout + stderr
    assert "Interrupted by the user" in stdout + stderr
    assert shop.database.plugins() == []
    failed = shop.database.values(
        "SELECT detail FROM alembic_plugin_event WHERE outcome = 'failed'"
    )
    assert failed == ["interrupted by the user"]


BLOCK = """
    with op.get_context().autocommit_block():
        {0}
"""


@pytest.mark.parametrize(
    "body", ['op.execute("CREATE INDEX CONCURRENTLY i ON nowhere (i)")', "raise ValueError"]
)
def test_block_whose_first_statement_fails_has_committed_nothing(shop: Host, body: str) -> None:
    shop.run("plugin", "install", "shop")
    write(shop, 4, BLOCK.format(body))
    words = shop.refuse("plugin", "upgrade", "shop")
    assert "Its transaction was rolled back" in words
    assert "ended its transaction" not in words
    shop.run("plugin", "uninstall", "shop", "--yes", "--keep-data")


def test_plugin_whose_first_block_fails_at_once_is_not_installed(shop: Host) -> None:
    write(shop, 1, BLOCK.format('op.execute("CREATE INDEX CONCURRENTLY i ON nowhere (i)")'))
    shop.refuse("plugin", "install", "shop")
    assert shop.database.plugins() == []


@pytest.mark.parametrize(
    "body",
    [
        'op.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON orders ((1))")',
        "op.execute(\"DO $$ BEGIN CREATE TABLE x (); COMMIT; RAISE 'no'; END $$\")",
    ],
)
def test_block_whose_first_statement_leaves_something_has_to_be_completed(
    shop: Host, body: str
) -> None:
    write(shop, 2, 'op.execute("INSERT INTO orders VALUES (1), (2)")')
    shop.run("plugin", "install", "shop")
    write(shop, 4, BLOCK.format(body))
    assert "What it has committed stays" in shop.fail("plugin", "upgrade", "shop")
