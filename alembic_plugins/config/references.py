"""Objects of Python that an option or a declaration names."""

from importlib import import_module
from operator import attrgetter
from typing import Any

from .._base_errors import explain, foreign_code
from .errors import ReferenceFailed


def load_reference(option: str, reference: str) -> Any:  # noqa: ANN401 - the object is anything
    """Return the object that an option names as ``package.module:name.name``.

    Raises:
        ReferenceFailed: it cannot be imported or is not there.
    """
    module, _, path = reference.partition(":")
    if not module or not path:
        raise ReferenceFailed(option, reference, "it has no ':'")
    with foreign_code(lambda error: ReferenceFailed(option, reference, explain(error))):
        return attrgetter(path)(import_module(module))
