"""What is asked of nothing that could answer, without a database."""

import pytest
from sqlalchemy import Connection, create_engine

from alembic_plugins import find_namespace, translate_map
from alembic_plugins.connection.visits import visit
from alembic_plugins.errors import WrongConnection

ENGINE = create_engine("postgresql+psycopg://")


def test_engine_is_no_connection() -> None:
    with pytest.raises(WrongConnection) as caught, visit(ENGINE):  # type: ignore[arg-type]
        pass
    assert caught.value.type == "Engine"


@pytest.mark.parametrize("source", [ENGINE, None, 5])
def test_plugin_is_looked_for_on_a_connection_or_in_a_configuration(source: Connection) -> None:
    with pytest.raises(WrongConnection):
        find_namespace("tags", source)
    with pytest.raises(WrongConnection):
        translate_map(["tags"], source)
