"""Tests of one module each, on PostgreSQL."""
