"""A database with a schema of a plugin's, and a table of the host's."""

import pytest
from sqlalchemy import Connection
from support.tables import Wiki


@pytest.fixture
def wiki(connection: Connection) -> Wiki:
    """The tables of a plugin, in a transaction that is rolled back."""
    return Wiki(connection).prepare()
