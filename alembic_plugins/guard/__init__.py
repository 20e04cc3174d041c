"""What a transaction has touched, whether its branch may, and what is recorded of it.

It may import `connection` and what that may import.
"""
