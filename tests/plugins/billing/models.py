"""The plugin's tables as of its newest revision, for autogenerate to compare."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """What the plugin's models have in common: one `MetaData`."""


# The host's table, as far as the foreign key needs it.
sa.Table("accounts", Base.metadata, sa.Column("id", sa.BigInteger, primary_key=True))

invoices = sa.Table(
    "invoices",
    Base.metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id")),
    sa.Column("total", sa.Numeric),
    sa.Column("paid", sa.Boolean),
)
