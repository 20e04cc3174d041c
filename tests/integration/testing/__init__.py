"""Tests of databases for tests."""
