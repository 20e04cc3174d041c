"""How new revision files are called."""

FILE_TEMPLATE = "%(year)d%(month).2d%(day).2d_%(hour).2d%(minute).2d%(second).2d_%(rev)s_%(slug)s"
"""How a plugin's are called where the host does not say: in the order of their making."""
