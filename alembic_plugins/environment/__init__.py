"""Alembic's environment for hosts that need nothing of their own in ``env.py``."""
