"""The directive ``error-table``: every public error, its facts and the case, by its class."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from alembic_plugins import errors


def write_table() -> list[str]:
    """Return the lines of a table in Markdown, in the order of the public names."""
    leaves = [getattr(errors, name) for name in errors.__all__ if name != "PluginError"]
    return ["| error | facts | the case |", "| --- | --- | --- |", *map(write_row, leaves)]


def write_row(error: type[errors.PluginError]) -> str:
    """Return the row of an error, whose docstring begins with the case."""
    facts = ", ".join(f"`{fact}`" for fact in error.__annotations__)
    case = str(error.__doc__).partition("\n")[0].replace("``", "`")
    return f"| `{error.__name__}` | {facts} | {case} |"


class ErrorTable(SphinxDirective):
    """Write the table where the directive is."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        place = nodes.section()
        lines = StringList(write_table(), source=str(errors.__file__))
        self.state.nested_parse(lines, self.content_offset, place)
        return place.children


def setup(app: Sphinx) -> ExtensionMetadata:
    """Make the directive known to Sphinx."""
    app.add_directive("error-table", ErrorTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
