"""A graph of the host's and the plugins' branches: as a page of HTML, in Mermaid, as lines of text.

It may import `reports` and what that may import, and prints and writes nothing.
"""
