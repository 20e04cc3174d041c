"""From the words of a command to a plan: what is run, in which order, what is refused.

Nothing here sees a connection. It may import `loading` and what that may import.
"""
