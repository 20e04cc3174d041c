"""What commands return, by name; each stands in the room that makes it."""

from .catalog.objects import NamedObject
from .checks.findings import CheckReport, Finding
from .config.sources import ConfigSource
from .execution.progress import RevisionProgress
from .execution.rehearsal import Rehearsal
from .fixing.results import BranchFix, DriftFix, Left
from .graph.values import (
    Graph,
    GraphBranch,
    GraphObject,
    GraphRevision,
    Loss,
    Requirement,
)
from .guard.changes import Effect
from .integration.syncing import SyncResult
from .locations import PluginNamespace
from .planning.plan import Plan, Transaction
from .registry.history import Event
from .reports.details import PluginDetails
from .reports.listing import Listing
from .reports.pending import Pending, PendingRevision
from .reports.preview import Counted, Preview
from .reports.results import Leaving, Removal, Repair, Restoration
from .reports.status import PluginStatus
from .reports.verification import BranchVerification, Discrepancy, Verification

__all__ = ["CheckReport", "ConfigSource", "Counted", "Effect", "Event", "Finding", "Leaving"]
__all__ += ["Graph", "GraphBranch", "GraphObject", "GraphRevision", "Loss", "Requirement"]
__all__ += ["Listing", "NamedObject", "SyncResult"]
__all__ += [
    "Pending",
    "PendingRevision",
    "Plan",
    "PluginDetails",
    "PluginNamespace",
    "PluginStatus",
    "Preview",
]
__all__ += ["Rehearsal", "Removal", "Repair", "Restoration", "RevisionProgress", "Transaction"]
__all__ += ["BranchFix", "BranchVerification", "Discrepancy", "DriftFix", "Left", "Verification"]
