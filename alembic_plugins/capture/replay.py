"""Run a new revision's functions in a scratch database, and compare what they make."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.util import load_python_file

from .._base_errors import PluginError, explain, foreign_code
from ..execution.branch_states import BranchState
from .building import ScratchBranch
from .comparing import find_differences
from .errors import CaptureDiffers


def replay(
    scratch: ScratchBranch,
    text: str,
    before: BranchState,
    live: BranchState,
) -> None:
    """Upgrade, downgrade and upgrade by a revision file, and compare each time.

    Args:
        scratch: the branch, where the file starts.
        text: the file's.
        before: what objects are before it.
        live: what they are to be after it.

    Raises:
        CaptureDiffers: they are not.
    """
    with TemporaryDirectory() as folder:
        Path(folder, "revision.py").write_text(text, "utf-8")
        module = load_python_file(folder, "revision.py")
    for function, wanted, is_back in (
        ("upgrade", live, False),
        ("downgrade", before, True),
        ("upgrade", live, True),
    ):
        _run(scratch, module, function)
        found = scratch.read()
        scratch.migrator.end_reading()
        problems = find_differences(wanted.full, found.full, is_back=is_back)
        if problems:
            raise CaptureDiffers(scratch.name, tuple(f"by {function}(), {it}" for it in problems))


def _run(scratch: ScratchBranch, module: ModuleType, function: str) -> None:
    run: Callable[[], None] = getattr(module, function)
    context = MigrationContext.configure(
        scratch.connection, opts={"transaction_per_migration": False}
    )

    def tell(error: BaseException) -> PluginError:
        return CaptureDiffers(scratch.name, (f"{function}() fails: {explain(error)}",))

    with (
        foreign_code(tell),
        context.begin_transaction(),
        scratch.entering(),
        Operations.context(context),
    ):
        run()
