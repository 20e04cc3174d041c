"""Print a page as a script, for a machine that has nothing.

It is called as ``python -m support.follow PAGE | bash``. What a page tells its reader to do, the
script does, in a new folder; it ends where a command fails. What commands print is compared by the
test of the page, and not here.
"""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from support.blocks import PATH, Block, read_blocks


def write_script(text: str) -> Iterator[str]:
    """Yield the lines of the script."""
    yield "set -euxo pipefail"
    for block in read_blocks(text):
        yield from block.before
        yield from _write_block(block)


def _write_block(block: Block) -> Iterator[str]:
    path = PATH.match(block.text)
    if block.language == "console":
        yield from (line[2:] for line in block.text.splitlines() if line.startswith("$ "))
    elif block.end_of or path:
        file = block.end_of or (path[1] if path else "")
        yield f"mkdir -p {shlex.quote(str(Path(file).parent))}"
        yield f"cat {'>>' if block.end_of else '>'} {shlex.quote(file)} <<'END OF FILE'"
        yield f"{block.text}END OF FILE"


if __name__ == "__main__":
    sys.stdout.writelines(
        f"{line}\n" for line in write_script(Path(sys.argv[1]).read_text("utf-8"))
    )
