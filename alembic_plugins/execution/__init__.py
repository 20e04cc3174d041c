"""Run plans, one transaction after the other; with a journal where a revision commits midway.

It may import `guard` and what that may import.
"""
