"""What the host says: its settings, the plugins that it has on disk, and its database.

It may import `registry` and what that may import.
"""
