"""never finished"""

revision = "syntax_2"
down_revision = "syntax_1"


def upgrade(:
