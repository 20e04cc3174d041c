"""Where objects of plugins live and whose they are.

DDL of namespaces, ownership, drops and quarantine. It may import `catalog` and what that may
import.
"""
