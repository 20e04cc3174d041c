"""Tests of the real command line, with nothing mocked."""
