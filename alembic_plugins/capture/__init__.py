"""Write a revision of what was changed by hand in the live database, and record it as applied.

It compares as `alembic_plugins.reports` does, tries out in scratch databases of
`alembic_plugins.execution`, and may import these and all below them, and `authoring`.
"""
