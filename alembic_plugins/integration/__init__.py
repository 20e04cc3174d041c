"""What Alembic sees of us, and how a command's work gets through ``env.py``.

`configure()` and `run_migrations()`, the script directory, autogenerate. It may import `reports`
and what that may import.
"""
