"""What revisions must not do."""

import pytest
from support.checked import Checked


@pytest.mark.parametrize(
    ("up", "rule"),
    [
        ("op.get_bind().commit()", "ends-transaction"),
        ("connection = op.get_bind()\nconnection.rollback()", "ends-transaction"),
        ("op.execute('COMMIT;')", "ends-transaction"),
        ("op.get_bind().execute(sa.text('commit'))", "ends-transaction"),
        ("import sys\nsys.exit(1)", "exits"),
        ("raise SystemExit", "exits"),
        ("sa.create_engine('postgresql://').connect()", "opens-connection"),
        ("import psycopg\npsycopg.connect('')", "opens-connection"),
        ("op.get_bind().engine.connect()", "opens-connection"),
    ],
)
def test_what_a_revision_must_not_do_is_found(checked: Checked, up: str, rule: str) -> None:
    checked.revise(up)
    assert checked.find_rules() - {"unchecked"} == {rule}


@pytest.mark.parametrize(
    "up",
    [
        "from sqlalchemy.orm import Session\nsession = Session(op.get_bind())\nsession.commit()",
        "with op.get_context().autocommit_block():\n    op.execute('VACUUM')",
        "savepoint = op.get_bind().begin_nested()\nsavepoint.rollback()",
        "op.execute('UPDATE tags SET name = $$COMMIT$$')",
    ],
)
def test_what_ends_no_transaction_is_fine(checked: Checked, up: str) -> None:
    checked.revise(up)
    assert checked.find_rules() - {"unchecked"} == set()


@pytest.mark.parametrize("down", ["pass", "...", "'''Nothing.'''", "return", "return None"])
def test_downgrade_that_does_nothing_is_found(checked: Checked, down: str) -> None:
    checked.revise("op.execute('SELECT 1')", down)
    assert checked.find() == [("empty-downgrade", "tags_1.py", 13)]


def test_revision_that_does_nothing_has_nothing_to_take_back(checked: Checked) -> None:
    checked.revise("pass", "pass")
    assert checked.find() == []


def test_missing_downgrade_is_found(checked: Checked) -> None:
    file = checked.revise()
    file.write_text(file.read_text().partition("\n\ndef downgrade")[0])
    assert checked.find() == [("missing-downgrade", "tags_1.py", 1)]


def test_downgrade_may_come_from_elsewhere(checked: Checked) -> None:
    file = checked.revise()
    file.write_text(file.read_text().partition("def downgrade")[0] + "downgrade = upgrade\n")
    assert checked.find() == []


def test_revision_that_opens_connections_is_not_executed(checked: Checked) -> None:
    checked.revise(f"sa.create_engine('sqlite:///{checked.folder}/made').connect()")
    assert checked.find_rules() == {"opens-connection", "unchecked"}
    assert not (checked.folder / "made").exists()
