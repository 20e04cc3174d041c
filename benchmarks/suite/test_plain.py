"""A suite that uses nothing."""


def test_nothing() -> None:
    """Do nothing."""
