"""Tables that a plugin declares without revisions: their shapes, and how the database differs.

It reads the database and never changes it. It may import the rooms from `planning` down.
"""
