"""What the SQL of revisions means for an application that runs."""

from pathlib import Path

import pytest
from support.checked import Checked

from alembic_plugins.checks import linting, run
from alembic_plugins.checks.errors import LinterFailed

CONCURRENTLY = "op.create_index('i', 'tags', ['id'], postgresql_concurrently=True)"
ALONE = "with op.get_context().autocommit_block():\n    "

BREAKING = [
    ("op.drop_column('tags', 'word')", "ban-drop-column"),
    ("op.drop_table('tags')", "ban-drop-table"),
    ("op.alter_column('tags', 'a', new_column_name='b')", "renaming-column"),
    ("op.rename_table('tags', 'words')", "renaming-table"),
    ("op.alter_column('tags', 'a', type_=sa.String(3))", "changing-column-type"),
    ("op.alter_column('tags', 'a', nullable=False)", "adding-not-nullable-field"),
    (
        "op.add_column('tags', sa.Column('a', sa.Text(), nullable=False))",
        "adding-required-field",
    ),
]
"""What an application's old version cannot bear."""


@pytest.mark.parametrize(
    ("up", "rule"),
    [
        *BREAKING,
        (
            "op.add_column('tags', sa.Column('a', sa.Uuid(), server_default="
            "sa.text('gen_random_uuid()')))",
            "adding-field-with-default",
        ),
        ("op.create_index('i', 'tags', ['id'])", "require-concurrent-index-creation"),
        ("op.drop_index('i')", "require-concurrent-index-deletion"),
        (CONCURRENTLY, "ban-concurrent-index-creation-in-transaction"),
        ("op.create_foreign_key('f', 'tags', 'b', ['c'], ['d'])", "adding-foreign-key-constraint"),
        ("op.create_unique_constraint('u', 'tags', ['c'])", "disallowed-unique-constraint"),
        ("op.create_check_constraint('c', 'tags', 'a > 0')", "constraint-missing-not-valid"),
        ("op.create_primary_key('p', 'tags', ['c'])", "adding-serial-primary-key-field"),
        ("op.execute('TRUNCATE tags CASCADE')", "ban-truncate-cascade"),
    ],
)
def test_what_breaks_or_blocks_an_application_is_found(
    checked: Checked, up: str, rule: str
) -> None:
    checked.revise(f"op.execute('SELECT 1')\n{up}")
    assert checked.find() == [(rule, "tags_1.py", 11)]


@pytest.mark.parametrize(
    "up",
    [
        "op.add_column('tags', sa.Column('a', sa.Integer(), server_default='5', nullable=False))",
        "op.create_check_constraint('c', 'tags', 'a > 0', postgresql_not_valid=True)",
        f"{ALONE}{CONCURRENTLY}",
        f"op.create_check_constraint('c', 'tags', 'a > 0', postgresql_not_valid=True)\n{ALONE}"
        "op.execute('ALTER TABLE tags VALIDATE CONSTRAINT c')",
        "op.execute('-- A comment at the end')",
        "op.execute('CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$')",
    ],
)
def test_what_does_neither_is_fine(checked: Checked, up: str) -> None:
    checked.revise(up)
    assert checked.find() == []


def test_not_null_is_fine_after_a_check_that_earlier_revisions_have_validated(
    checked: Checked,
) -> None:
    checked.revise("op.create_table('tags', sa.Column('a', sa.Text()))")
    keep = "op.create_check_constraint('c', 'tags', 'a IS NOT NULL', postgresql_not_valid=True)"
    checked.revise(keep, name="tags_2", below="tags_1")
    validate = "op.execute('ALTER TABLE tags VALIDATE CONSTRAINT c')"
    checked.revise(validate, name="tags_3", below="tags_2")
    checked.commit()
    checked.revise("op.alter_column('tags', 'a', nullable=False)", name="tags_4", below="tags_3")
    assert checked.find() == checked.find(diff_base="HEAD") == []
    checked.revise("op.alter_column('tags', 'b', nullable=False)", name="tags_4", below="tags_3")
    assert checked.find_rules() == {"adding-not-nullable-field"}


@pytest.mark.parametrize("narrows", [True, False])
@pytest.mark.parametrize(("up", "rule"), BREAKING)
def test_revision_marked_expand_must_bear_an_old_version(
    checked: Checked, up: str, rule: str, narrows: bool
) -> None:
    checked.revise(up, phase="expand" if narrows else None)
    assert checked.find_rules() == ({rule, "cannot-expand"} if narrows else {rule})


def test_revision_marked_expand_may_add(checked: Checked) -> None:
    checked.revise(
        "op.add_column('tags', sa.Column('a', sa.Integer()))\n"
        "op.create_table('words', sa.Column('id', sa.Integer()))\n"
        "op.drop_table('words')",
        phase="expand",
    )
    assert checked.find() == []


def test_revision_marked_contract_may_drop(checked: Checked) -> None:
    checked.revise("op.drop_column('tags', 'word')\nop.drop_table('words')", phase="contract")
    assert checked.find() == []


def test_revision_marked_contract_may_not_rename(checked: Checked) -> None:
    checked.revise("op.rename_table('tags', 'labels')", phase="contract")
    assert checked.find_rules() == {"renaming-table"}


def test_table_of_the_same_revision_is_in_nobodys_use(checked: Checked) -> None:
    checked.revise(
        "op.create_table('words', sa.Column('id', sa.Integer()))\n"
        "op.create_index('i', 'words', ['id'])\n"
        f"{ALONE}op.create_index('j', 'words', ['id'])\n"
        "op.add_column('words', sa.Column('a', sa.Text(), nullable=False))\n"
        "op.create_foreign_key('f', 'words', 'b', ['a'], ['d'])\n"
        "op.drop_column('words', 'id')"
    )
    assert checked.find() == []


def test_sql_that_cannot_be_parsed_is_a_note(checked: Checked) -> None:
    checked.revise("op.execute('SELECT (1')")
    assert checked.find() == [("unchecked", "tags_1.py", 10)]


def test_settings_of_the_user_change_nothing(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checked.folder / ".squawk.toml").write_text('excluded_rules = ["ban-drop-column"]')
    monkeypatch.chdir(checked.folder)
    checked.revise("op.drop_column('tags', 'word')")
    assert checked.find_rules() == {"ban-drop-column"}


def test_without_squawk_the_rest_is_checked(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "find_linter", lambda: None)
    checked.revise("op.drop_column('tags', 'word')", "pass")
    report = checked.check()
    assert [finding.rule.name for finding in report.findings] == ["empty-downgrade"]
    assert report.remarks == (linting.MISSING,)


def test_squawk_that_fails_is_told(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "squawk"
    program.write_text("#!/bin/sh\necho out of order >&2; exit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(run, "find_linter", lambda: program)
    checked.revise("op.drop_column('tags', 'word')")
    with pytest.raises(LinterFailed, match="has failed: out of order"):
        checked.check()
