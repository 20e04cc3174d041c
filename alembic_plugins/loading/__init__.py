"""Disk and database as one view of a command, which changes neither.

It may import `backup` and what that may import.
"""
