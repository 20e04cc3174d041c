"""Alembic's environment for hosts that need nothing of their own in ``env.py``.

It may import `config`, and the public names.
"""
