"""Bring back what was changed by hand in the live database, and tell what cannot be brought back.

It compares as `alembic_plugins.reports` does, runs plans of `alembic_plugins.execution`, and may
import these and all below them.
"""
