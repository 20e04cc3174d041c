"""PostgreSQL's catalog as values: objects, what depends on what, snapshots of namespaces.

It may import `config` and what that may import.
"""
