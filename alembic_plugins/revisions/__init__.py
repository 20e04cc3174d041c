"""Revision files: what they say, the branches that they make, and their downgrades as SQL.

It may import what stands beside the folders: `plugin`, the base of errors, and Alembic's private
names.
"""
