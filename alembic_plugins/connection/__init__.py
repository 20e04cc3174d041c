"""The connection that migrates: its lock, what is sent ahead, the writer of the registry.

It may import `planning` and what that may import.
"""
