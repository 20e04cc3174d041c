"""The pytest plugin for authors of plugins and hosts: fixtures, databases and tests that are ready.

It stands above the commands, which it calls. Until a test asks for something, it imports nothing.
"""
