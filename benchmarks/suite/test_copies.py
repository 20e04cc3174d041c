"""A suite whose tests have a database each, of PostgreSQL alone."""

import pytest


@pytest.mark.parametrize("number", range(100))
def test_database(copied_database: object, number: int) -> None:
    """Do nothing with it."""
