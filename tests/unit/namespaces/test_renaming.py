"""Names that are made of names of tables."""

import pytest

from alembic_plugins.namespaces.renaming import find_words


@pytest.mark.parametrize(
    ("name", "renamed"),
    [
        ("wiki_pages_pkey", "docs_pages_pkey"),
        ("ix_wiki_pages_title", "ix_docs_pages_title"),
        ("fk_wiki_pages_id_wiki_page", "fk_docs_pages_id_docs_page"),
        ("mywiki_pages_pkey", "mywiki_pages_pkey"),
        ("wiki_pages2_pkey", "wiki_pages2_pkey"),
    ],
)
def test_names_of_tables_are_found_whole(name: str, renamed: str) -> None:
    names = {"wiki_page": "docs_page", "wiki_pages": "docs_pages"}
    assert find_words(names).sub(lambda match: names[match[0]], name) == renamed
