"""What the database remembers about plugins.

Its tables, their rows as values, and the statements that change them. It may import `revisions`.
"""
