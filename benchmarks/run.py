"""Measure all rows: ``python -m benchmarks --help``."""

import argparse
import logging
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from importlib.metadata import version
from pathlib import Path

from .arena import Equipment
from .databases import Server, run_server
from .interpreters import make_interpreter
from .proxy import Proxy
from .results import FILE, Results
from .rows import NEAR, ROWS
from .session import Session
from .shapes import Shape

_HERE = Path(__file__).parent
_PACKAGES = ("alembic-plugins", "alembic", "SQLAlchemy", "psycopg", "Django")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the options ask for, and write it down after each row."""
    options = _parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger(__package__).setLevel(logging.INFO)
    # The server shall be stopped, and what was written removed, in this case too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(run_server(folder / "postgres"))
        equipment = _equip(stack, folder, server, options.latency)
        results = Results(_describe(server))
        if options.add and (options.out / FILE).exists():
            earlier = Results.read(options.out)
            results.catalogs, results.results = earlier.catalogs, earlier.results
        for shape in _order_shapes(options):
            Session(options, equipment, results).measure_shape(shape)
    sys.exit(any(result.failure for result in results.results))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument(
        "--sizes",
        type=Shape.parse,
        nargs="+",
        default=[Shape.parse(text) for text in ("1x10", "10x20", "100x20", "500x20")],
        help="plugins x revisions: 10x20, 200x3-chain, 1x99-merges",
    )
    parser.add_argument("--repeats", type=int, default=5, help="of the two that are compared")
    parser.add_argument("--other-repeats", type=int, default=1, help="of Django and plain SQL")
    parser.add_argument("--latency", type=int, nargs="+", default=[0, 2, 20], help="in ms")
    parser.add_argument("--only", choices=names, nargs="+", default=names, metavar="NAME")
    parser.add_argument("--out", type=Path, default=_HERE, help="the folder of what is written")
    parser.add_argument("--add", action="store_true", help="to the results that are there")
    return parser.parse_args(arguments)


def _order_shapes(options: argparse.Namespace) -> Iterator[Shape]:
    """Give the shapes that are asked for, and those that rows which are asked for are about."""
    fixed = [Shape.parse(row.shape) for row in ROWS if row.shape and row.name in options.only]
    yield from dict.fromkeys([*fixed, *options.sizes])


def _equip(stack: ExitStack, folder: Path, server: Server, latencies: Sequence[int]) -> Equipment:
    addresses = {NEAR: server.address}
    for latency in filter(None, latencies):
        proxy = stack.enter_context(Proxy(server.address, latency / 1000))
        addresses[latency] = proxy.address
    interpreters = {
        extension: make_interpreter(folder / f"python-{extension}", extension=extension)
        for extension in (True, False)
    }
    return Equipment(folder, server, addresses, interpreters)


def _describe(server: Server) -> Mapping[str, str]:
    return {
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
        "date": date.today().isoformat(),
        "machine": f"{platform.platform()}, {os.cpu_count()} cores",
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        "PostgreSQL": server.describe(),
    }
