"""The files that an author begins with: a new plugin, or a new host, out of templates.

It needs neither a database nor a host, and imports only from `plugin`, `revisions` and `config`.
"""
