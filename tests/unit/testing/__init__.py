"""Tests of the pytest plugin that need no server."""
