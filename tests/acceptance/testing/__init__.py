"""Tests of the pytest plugin for authors, which run pytest inside of this process."""
