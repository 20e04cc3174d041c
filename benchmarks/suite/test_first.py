"""A suite of one test with a database."""


def test_database(plugin_database: object) -> None:
    """Do nothing with it."""
