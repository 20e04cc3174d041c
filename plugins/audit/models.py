"""The plugin's tables as of its newest revision, for autogenerate to compare."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What the plugin's models have in common: one `MetaData`."""


# The host's table, as far as the foreign key needs it; it is never compared.
sa.Table("users", Base.metadata, sa.Column("id", sa.BigInteger, primary_key=True))


class Entry(Base):
    """Something that an actor did."""

    __tablename__ = "entries"
    __table_args__ = (
        sa.CheckConstraint("outcome IN ('success', 'failure')", name="entries_outcome_check"),
        sa.Index("entries_actor_id_created_idx", "actor_id", "created"),
        sa.Index("entries_meta_idx", "meta", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    actor_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", name="entries_actor_id_fkey", ondelete="SET NULL")
    )
    action: Mapped[str] = mapped_column(sa.Text)
    meta: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sa.text("'{}'::jsonb"))
    created: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now()
    )
    outcome: Mapped[str] = mapped_column(sa.Text, server_default="success")
