"""Plan to record a revision that was written of what has been changed by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..loading.session import Session
from ..plugin import HOST
from .operations import Direction, Operation, RegisterPlugin, Step
from .plan import Plan, Transaction

ACTION = "capture"
"""What the history calls it."""


@dataclass(frozen=True)
class CaptureRevision(Step):
    """Record a revision as applied that makes what is there, if that is there still.

    Attributes:
        digest: of what was there when the revision was written.
        objects: what of it goes by the plugin's prefix alone, each as kind and identity.
    """

    digest: str
    objects: tuple[tuple[str, str], ...] = ()

    verb, direction, runs = "record", Direction.UPGRADE, False
    knows_objects = True

    @property
    def words(self) -> tuple[str, ...]:
        """What is done, of which branch, with which revision."""
        return self.verb, self.plugin, self.revision


def plan_capture(
    session: Session,
    name: str,
    revision: str,
    digest: str,
    objects: Sequence[tuple[str, str]] = (),
) -> Plan:
    """Plan to record a revision whose file was written just now; see `CaptureRevision`."""
    node = session.lookup.make_node(session.branch(name), revision)
    captured = CaptureRevision(name, revision, digest, tuple(objects))
    operations: tuple[Operation, ...] = (captured,)
    if name != HOST:  # That it is synced, which is recorded with it, is over by its first revision.
        operations = (RegisterPlugin(name), captured)
    return Plan((Transaction(operations, ACTION),), {revision: node})
