"""What a new revision means for an application that runs, by the rules of ``check``."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ..checks.code import check_code
from ..checks.linting import find_linter, lint
from ..checks.rules import UNCHECKED
from ..checks.sources import RevisionFile
from ..checks.statements import reading_statements
from ..loading.session import Session
from ..revisions.files import read_revision_file
from .results import Capture


def check_capture(session: Session, result: Capture) -> Capture:
    """Return a capture with what ``check`` finds in its file, be it written or not.

    Raises:
        LinterFailed: squawk is installed, and cannot be run.
    """
    path, name = result.file or Path(), result.plugin
    with TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        copy.write_text(result.text, "utf-8")
        info = read_revision_file(name, copy)
        file = RevisionFile(name, copy, info)
        with reading_statements(session) as reader:
            rendered = reader.read(file, info)
        linter = find_linter()
        found = [*check_code(file), *rendered.findings]
        found += lint(linter, (rendered,), lambda _file: ()) if linter else ()
    ignored = {UNCHECKED.name, *session.settings.check_ignore}
    kept = (replace(item, file=path) for item in found if item.rule.name not in ignored)
    return replace(result, findings=tuple(sorted(set(kept), key=lambda item: item.order)))
