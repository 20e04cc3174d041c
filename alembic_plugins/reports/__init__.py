"""What people and programs read: status, previews of what would go, comparisons.

It may import `execution` and what that may import.
"""
