"""A graph as lines of text, and as a flowchart."""

from pathlib import Path

import pytest
from support.graphs import make_example

from alembic_plugins.errors import PluginError
from alembic_plugins.graph.mermaid import draw_flowchart
from alembic_plugins.graph.text import render_text
from alembic_plugins.graph.words import count, duration, join, size

from ..builders import open_session, write_file, write_host, write_revision


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with the plugins tags and posts, which requires tags."""
    return write_host(tmp_path)


def draw(here: Path, *names: str) -> str:
    """Return the flowchart of a host."""
    return "\n".join(draw_flowchart(open_session(here), names))


def test_lines_tell_branches_and_below_them_their_revisions() -> None:
    lines = list(render_text(make_example()))
    assert lines[:7] == [
        "host 1.0, schema public: installed",
        "  applied      host_1            make table 1 of host",
        "tags 1.0, schema tags: installed",
        "  applied      tags_1            make table 1 of tags",
        "  applied      tags_2            make table 2 of tags",
        "crm 1.0, schema crm, requires tags: outdated, edited, drifted",
        '  edited       crm_1             make <people> & "places"  (depends on tags_2)',
    ]
    assert lines[-1] == "is_broken 1.0, schema is_broken: broken"


def test_flowchart_has_plugins_and_what_they_require(here: Path) -> None:
    found = draw(here)
    assert found.startswith("flowchart LR\n    host[")
    assert 'plugin_tags -->|"tags"| plugin_posts' in found
    assert "subgraph" not in found


def test_flowchart_of_named_plugins_has_revisions_of_what_they_need(here: Path) -> None:
    assert "plugin_posts" not in draw(here, "tags")
    found = draw(here, "posts")
    assert found.count("subgraph") == 3
    assert "plugin_tags_1 -.-> plugin_posts_1" in found
    assert "plugin_posts_1[" in found


def test_flowchart_escapes_what_means_something_to_mermaid(here: Path) -> None:
    path = write_revision(here / "plugins" / "tags" / "versions", "t3", "t2")
    evil = '"]<script>`#quot;` [x]{y}(z)|&'
    write_file(path, path.read_text().replace('"""about t3"""', f"{evil!r}"))
    found = draw(here, "tags")
    assert "<script>" not in found
    assert "#34;#93;#60;script#62;#96;#35;quot;#96; #91;x#93;#123;y#125;#40;z#41;#124;#38;" in found


def test_flowchart_wants_files_that_can_be_read(here: Path) -> None:
    write_file(here / "plugins" / "tags" / "plugin.toml", "nonsense = 1")
    with pytest.raises(PluginError, match="declaration of plugin 'tags'"):
        draw(here)


def test_numbers_are_told_in_words() -> None:
    assert [count(n, "row") for n in (0, 1, 1234567)] == ["0 rows", "1 row", "1,234,567 rows"]
    assert [size(n) for n in (0, 8192, 16384, 3 * 1024**3)] == [
        "0 bytes",
        "8,192 bytes",
        "16 kB",
        "3,072 MB",
    ]
    assert [duration(n) for n in (0, 999, 61500)] == ["0 ms", "999 ms", "61.5 s"]
    assert [join(w) for w in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
