"""The entry points of installed packages."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from alembic_plugins.config.entry_points import InstalledEntryPoints

FOUND = EntryPoints([EntryPoint("a", "acme", "first"), EntryPoint("b", "acme", "second")])


def test_packages_are_read_once_for_all_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = iter([FOUND])
    place = "alembic_plugins.config.entry_points.entry_points"
    monkeypatch.setattr(place, lambda: next(reads))
    installed = InstalledEntryPoints()
    assert [*installed.find("first").names, *installed.find("second").names] == ["a", "b"]
