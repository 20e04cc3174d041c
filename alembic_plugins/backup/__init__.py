"""Plugins in a file: what belongs into it, and how pg_dump and pg_restore are run.

It may import `namespaces` and what that may import.
"""
