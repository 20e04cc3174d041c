"""Make a command's plan, and make it again where a branch has turned out to be another one."""

from collections.abc import Callable

from .._base_errors import PluginError
from ..loading.session import Session
from .operations import find_plugins
from .plan import Plan
from .squashes import add_squashes

MakePlan = Callable[[Session], Plan]
"""Makes the plan of a command, of what is known of disk and database by then.

It is a function and no value that says what is wanted: it is called without the lock, under the
lock, and whenever it turns out that more is known, and each command has a function of `planning`
with arguments of its own for it, which a value would only list once more. `functools.partial`
binds them.
"""


def plan_settled(session: Session, make_plan: MakePlan) -> Plan:
    """Return what `make_plan` plans, and what is to be recorded of squashes before and after it.

    A branch may turn out to have a squash when it is read, so that what was planned until then is
    about revisions that it replaces: then it is planned again.
    """
    while True:
        state = session.state
        try:
            plan = make_plan(session)
            for name in find_plugins(plan.operations):
                session.remembered_branch(name)
        except PluginError:
            if session.state is state:
                raise
            continue
        if session.state is state:
            return add_squashes(session, plan)
