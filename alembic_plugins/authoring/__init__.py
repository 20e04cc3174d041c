"""The files that an author begins with, out of templates, and the squash of revisions.

A new plugin or host needs neither a database nor a host, and imports only from `plugin`,
`revisions` and `config`; a squash is of what `loading` finds on disk.
"""
