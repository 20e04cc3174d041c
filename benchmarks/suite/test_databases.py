"""A suite whose tests have a database each, of the kit."""

import pytest


@pytest.mark.parametrize("number", range(100))
def test_database(plugin_database: object, number: int) -> None:
    """Do nothing with it."""
