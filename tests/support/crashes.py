"""Commands that crash at a statement of our choice, and what becomes of them when run again.

A scenario is a command and the state that it starts from. It is rehearsed once without a
disturbance, which tells its statements. Then it is disturbed at one statement after the other, each
time on a clone of the same database and the same folder, and run again::

    scenario = Scenario("plugin install billing", lambda host: host.add("billing"))
    with rehearse(server, folder, scenario) as rehearsal:
        walk = rehearsal.walk(Crash(Moment.BEFORE, Action.KILL), every=1)
    assert walk.findings == []

Statements are counted where psycopg sends them, on whichever connection: BEGIN, COMMIT and ROLLBACK
count too, and what the driver and SQLAlchemy ask for themselves.
"""

import json
import os
import shutil
import signal
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from copy import copy
from dataclasses import dataclass, replace
from difflib import unified_diff
from enum import StrEnum
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from .databases import Database
from .hosts import CallResult, Host
from .servers import Server

_ORDER = "ALEMBIC_PLUGINS_TEST_CRASH"
_TESTS = Path(__file__).parent.parent

# `python` imports this module by itself, before anything that it is asked to run.
_SITECUSTOMIZE = "from support.crashes import obey\nobey()\n"

_SENDERS = (
    (psycopg.Connection, "_exec_command"),
    (psycopg.Cursor, "_maybe_prepare_gen"),
    (psycopg.Cursor, "_start_copy_gen"),
    (psycopg.Cursor, "_stream_send_gen"),
    (psycopg.ServerCursor, "_declare_gen"),
)
"""The generators by which psycopg sends a statement and takes its answer."""

_ROWS = (
    "SELECT version_num FROM alembic_version ORDER BY 1",
    "SELECT (to_jsonb(r) - 'installed_at')::text FROM alembic_plugin r ORDER BY 1",
    "SELECT (to_jsonb(r) - '{position, applied_at, duration_ms}'::text[])::text"
    " FROM alembic_plugin_revision r ORDER BY r.position",
    "SELECT (to_jsonb(r) - 'started_at')::text FROM alembic_plugin_journal r ORDER BY 1",
)
"""What Alembic and we remember, without times, durations and positions, but in their order."""


class Moment(StrEnum):
    """When it happens: right before a statement is sent, or right after it was answered."""

    BEFORE = "before"
    AFTER = "after"


class Action(StrEnum):
    """What happens.

    The process kills itself; or its backend is ended, which it finds out with its next statement;
    or, after the statement, its backend is ended and the answer is lost on the way.
    """

    KILL = "kill"
    TERMINATE = "terminate"
    LOSE_ANSWER = "lose_answer"


@dataclass(frozen=True)
class Crash:
    """What happens when; `statement` is counted from 1, and with 0 nothing happens at all."""

    moment: Moment
    action: Action
    statement: int = 0

    def __str__(self) -> str:
        return f"{self.action}-{self.moment}"


UNDISTURBED = Crash(Moment.BEFORE, Action.KILL)

EVERY_CRASH = (
    Crash(Moment.BEFORE, Action.KILL),
    Crash(Moment.AFTER, Action.KILL),
    Crash(Moment.BEFORE, Action.TERMINATE),
    Crash(Moment.AFTER, Action.TERMINATE),
    Crash(Moment.AFTER, Action.LOSE_ANSWER),
)
"""All that can happen at a statement; what has no answer yet cannot lose it."""


@dataclass(frozen=True)
class Scenario:
    """A command, and what is done once before it: to the host's files and to its database."""

    command: str
    arrange: Callable[[Host], object]


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it has left in the database."""

    exit_code: int
    failures: Sequence[str]
    catalog: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def lines(self) -> Sequence[str]:
        """What is in the database, line by line."""
        return (*self.catalog, *(row for rows in self.rows for row in rows))

    def is_like(self, other: "Result") -> bool:
        """Tell whether the database is the same, whatever was said."""
        return self.lines == other.lines


@dataclass(frozen=True)
class Finding:
    """Something that is not as it has to be, and all that it takes to see it again."""

    command: str
    crash: Crash
    sql: str
    problem: str


@dataclass(frozen=True)
class Walk:
    """Which statements a command was disturbed at, and what was found."""

    statements: Sequence[int]
    findings: Sequence[Finding]


class Rehearsal:
    """A command that was run without a disturbance, and can be disturbed at any of its statements.

    Args:
        host: arranged for the command; each run gets a clone of its folder and of its database.
        admin: a connection to another database.
        command: the arguments of `alembic`.
    """

    def __init__(self, host: Host, admin: psycopg.Connection, command: str) -> None:
        self._host = host
        self._admin = admin
        self._numbers = count(1)
        self._command = command
        with self._clone() as clone:
            first = self.run(clone, UNDISTURBED)
            assert first.exit_code == 0, first.output
            self.statements = _read_trace(clone)
            self._once = _find_result(clone, first)
            # Run once more: a command that had done its work when it crashed may do other work.
            self._twice = _find_result(clone, self._run_here(clone))

    def run_crashed(self, crash: Crash) -> CallResult:
        """Run the command once, disturbed at one statement."""
        with self._clone() as clone:
            return self.run(clone, crash)

    def find(self, statement: str) -> int:
        """Return the number of the first statement that begins so."""
        found = (n for n, text in enumerate(self.statements, 1) if text.startswith(statement))
        return next(found)

    def walk(self, crash: Crash, every: int) -> Walk:
        """Disturb the command at every n-th statement and at each COMMIT, and run it again.

        Args:
            crash: one of `EVERY_CRASH`.
            every: 1 is each statement. With a greater number each kind of crash leaves out others.
        """
        offset = EVERY_CRASH.index(crash) * every // len(EVERY_CRASH)
        chosen = [
            number
            for number, statement in enumerate(self.statements, 1)
            if statement == "COMMIT" or number % every == offset
        ]
        crashes = [replace(crash, statement=number) for number in chosen]
        return Walk(chosen, [finding for each in crashes for finding in self._disturb(each)])

    def run(self, host: Host, crash: Crash) -> CallResult:
        """Run the real command line in a process of its own, which takes the order to crash."""
        host.write("crash/sitecustomize.py", _SITECUSTOMIZE)
        folders = (host.folder / "site", host.folder / "crash", _TESTS)
        order = {
            "trace": str(host.folder / "trace"),
            "url": host.database.plain,
            "moment": crash.moment,
            "action": crash.action,
            "statement": crash.statement,
        }
        env = {"PYTHONPATH": os.pathsep.join(map(str, folders)), _ORDER: json.dumps(order)}
        return host.alembic(*self._command.split(), env=env, fresh=True)

    def _disturb(self, crash: Crash) -> Iterator[Finding]:
        """Disturb the command, run it again, and tell what is not as it has to be."""
        with self._clone() as clone:
            crashed = self.run(clone, crash)
            left = _find_result(clone, crashed)
            again = self._run_here(clone)
            after = _find_result(clone, again)
        statement = self.statements[crash.statement - 1]
        problems = (*self._judge_crash(crash, crashed, left), *self._judge_next(left, again, after))
        for problem in problems:
            yield Finding(self._command, crash, statement, problem)

    def _judge_next(self, left: Result, again: CallResult, after: Result) -> Iterator[str]:
        """Tell how the next run differs from one before which nothing happened."""
        expected = self._twice if left.is_like(self._once) else self._once
        if (after.exit_code, after.failures) != (expected.exit_code, expected.failures):
            yield f"the next run ended with {after.exit_code}: {again.output}"
        if not after.is_like(expected):
            yield f"the next run came to another state: {_find_difference(after, expected)}"

    def _judge_crash(self, crash: Crash, crashed: CallResult, left: Result) -> Iterator[str]:
        killed = crashed.exit_code == -signal.SIGKILL
        if killed != (crash.action is Action.KILL):
            yield f"it ended with {crashed.exit_code}: {crashed.output}"
        if "Traceback" in crashed.output:
            yield f"it printed a traceback: {crashed.output}"
        if not killed and crashed.exit_code != 0 and len(crashed.failures) != 1:
            yield f"it did not fail in one sentence: {crashed.output}"
        if crashed.exit_code == 0 and not left.is_like(self._once):
            yield f"it was not done when it said so: {_find_difference(left, self._once)}"

    def _run_here(self, host: Host) -> CallResult:
        """Run the command in this process, which takes less time."""
        stdout, stderr = StringIO(), StringIO()
        with _leading_to(host.database), redirect_stdout(stdout), redirect_stderr(stderr):
            exit_code = _catch_exit(lambda: host.run(*self._command.split()))
        return CallResult(exit_code, stdout.getvalue(), stderr.getvalue())

    @contextmanager
    def _clone(self) -> Iterator[Host]:
        """Give a copy of the host, with a folder and a database of its own."""
        number, template = next(self._numbers), self._host.database.url
        clone = copy(self._host)
        clone.folder = self._host.folder.with_name(f"clone_{number}")
        clone.ini = clone.folder / "alembic.ini"
        clone.database = Database(template.set(database=f"{template.database}_{number}"))
        shutil.copytree(self._host.folder, clone.folder)
        _create_database(self._admin, clone.database, self._host.database)
        try:
            yield clone
        finally:
            _drop_database(self._admin, clone.database)
            shutil.rmtree(clone.folder)


@contextmanager
def rehearse(server: Server, folder: Path, scenario: Scenario) -> Iterator[Rehearsal]:
    """Arrange a scenario in an empty folder and in a new database, and run its command once."""
    database = Database(server.url(f"crash_{os.getpid()}_{next(_scenarios)}"))
    template = folder / "template"
    template.mkdir()
    with psycopg.connect(Database(server.url("postgres")).plain, autocommit=True) as admin:
        _create_database(admin, database)
        try:
            host = Host(template, database)
            with _leading_to(database):
                scenario.arrange(host)
            yield Rehearsal(host, admin, scenario.command)
        finally:
            _drop_database(admin, database)


_scenarios = count(1)


@contextmanager
def _leading_to(database: Database) -> Iterator[None]:
    """Let DATABASE_URL lead to a database, for commands that run in this process."""
    before = dict(os.environ)
    os.environ["DATABASE_URL"] = database.text
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _create_database(
    admin: psycopg.Connection, database: Database, template: Database | None = None
) -> None:
    admin.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(str(database.url.database)),
            sql.Identifier(str(template.url.database) if template else "template0"),
        )
    )


def _drop_database(admin: psycopg.Connection, database: Database) -> None:
    name = sql.Identifier(str(database.url.database))
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _read_trace(host: Host) -> Sequence[str]:
    return (host.folder / "trace").read_text().splitlines()


def _find_result(host: Host, call: CallResult) -> Result:
    with psycopg.connect(host.database.plain, autocommit=True) as connection:
        rows = [_read_rows(connection, query) for query in _ROWS]
    # Each clone has a folder of its own, which commands that are advised name.
    failures = [words.replace(str(host.folder), "") for words in call.failures]
    return Result(call.exit_code, failures, host.database.catalog(), rows)


def _read_rows(connection: psycopg.Connection, query: str) -> Sequence[str]:
    try:
        return [row[0] for row in connection.execute(query.encode())]
    except psycopg.errors.UndefinedTable:
        return ["there is no such table"]


def _find_difference(found: Result, expected: Result) -> str:
    return "\n".join(unified_diff(expected.lines, found.lines, "expected", "found", "", "", 1))


def _catch_exit(run: Callable[[], None]) -> int:
    """Return what would be the exit code of a process."""
    try:
        run()
    except SystemExit as end:
        return int(end.code or 0) & 0xFF
    except Exception:  # noqa: BLE001 - a process would print it
        traceback.print_exc()
        return 1
    return 0


class _Saboteur:
    """Count the statements that this process sends, and crash at one of them."""

    def __init__(self, url: str, trace: str, crash: Crash) -> None:
        self._url = url
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._crash = crash
        self._count = 0
        self._is_busy = False

    def watch(self, send: Callable[..., Generator[Any, Any, Any]]) -> Callable[..., Any]:
        """Return what a generator of psycopg does, with the crash around it."""

        def watched(this: Any, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401
            connection = getattr(this, "_conn", this)
            if self._is_busy:
                return (yield from send(this, *args, **kwargs))
            self._count += 1
            self._note(args[0] if args else b"")
            mine = self._count == self._crash.statement
            if mine and self._crash.moment is Moment.BEFORE:
                self._do(connection)
            answer = yield from send(this, *args, **kwargs)
            if mine and self._crash.moment is Moment.AFTER:
                if connection._pipeline is not None:  # It is sent, and done when that is answered.
                    yield from connection._pipeline._sync_gen()
                self._do(connection)
            return answer

        return watched

    def _note(self, query: object) -> None:
        words = getattr(query, "query", query)
        text = words.decode() if isinstance(words, bytes) else str(words)
        os.write(self._trace, f"{' '.join(text.split())}\n".encode())

    def _do(self, connection: psycopg.Connection) -> None:
        if self._crash.action is Action.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        self._terminate(connection.info.backend_pid)
        if self._crash.action is Action.LOSE_ANSWER:
            if connection.pgconn.pipeline_status:
                with suppress(psycopg.OperationalError):
                    connection.pgconn.consume_input()
            else:
                connection.pgconn.exec_(b"")
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    def _terminate(self, pid: int) -> None:
        """End a backend, and wait until it is gone."""
        self._is_busy = True
        with psycopg.connect(self._url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])
        self._is_busy = False


def obey() -> None:
    """Let this process crash as it was ordered to by its environment."""
    order = json.loads(os.environ[_ORDER])
    crash = Crash(Moment(order["moment"]), Action(order["action"]), order["statement"])
    saboteur = _Saboteur(order["url"], order["trace"], crash)
    for owner, name in _SENDERS:
        setattr(owner, name, saboteur.watch(getattr(owner, name)))
