"""Options that name plugins, beside the plugins that there are."""

import logging
from collections.abc import Iterable

from .._base_errors import join
from ..config.flags import ALL
from ..loading.session import Session
from ..plugin import HOST

log = logging.getLogger(__name__)


def warn_of_unknown(session: Session, option: str, named: Iterable[str]) -> None:
    """Say which names of an option nothing has: one may be misspelt, or not be installed yet."""
    known = {ALL, HOST, *session.discovery.names, *session.state.plugins}
    for name in named:
        if name not in known and not session.discovery.find_successors(name):
            there = join(session.discovery.names) or "none"
            words = "%s names '%s', but there is no such plugin among those that are there: %s."
            log.warning(words, option, name, there)
