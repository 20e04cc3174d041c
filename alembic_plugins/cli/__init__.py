"""``alembic plugin``: arguments, one function a command, output.

Only this folder prints results. It may import everything but `extension`.
"""
