"""What Alembic takes for a revision in the argument of a command."""

import re

IDENTIFIER = re.compile(r"(?:(?P<label>.+)@)?(?P<revision>.*?)(?P<steps>[+-]\d+)?")
"""``LABEL@REVISION+N``, of which most may be left out."""

SYMBOLS = ("head", "heads", "base")
"""What stands for revisions of a branch, and for none by itself."""

SHORTEST = 4
"""As many characters of an id are taken for the id."""
