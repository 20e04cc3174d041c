"""What the page on terminals shows is what happens, and what its recordings show."""

import re
import runpy
from pathlib import Path

import pytest
from support.documents import read_blocks, read_commands
from support.hosts import Host

ROOT = Path(__file__).parents[2]
RECORDER = runpy.run_path(str(ROOT / "docs" / "record.py"))
BLOCKS = read_blocks(ROOT / "docs" / "reference" / "terminal.md")
TIME = re.compile(r"\d+\.\d\d s")


def test_blocks_of_the_page(example: Host) -> None:
    (section,) = (block for language, block in BLOCKS if language == "ini")
    text = example.ini.read_text().replace("[loggers]\nkeys = root,messaging\n", section)
    (example.folder / "logged.ini").write_text(text)
    shown = [block for language, block in BLOCKS if language == "console"]
    for command, expected in (item for block in shown for item in read_commands(block)):
        words, _, file = command.partition(" > ")
        done = example.succeed(*words.split())
        printed = done.stderr if file else done.output
        assert TIME.sub("", printed) == TIME.sub("", expected)


@pytest.mark.parametrize("name", RECORDER["RECORDINGS"])
def test_recording_is_what_the_commands_show(name: str, example: Host, tmp_path: Path) -> None:
    folder = tmp_path / "recorded"
    folder.mkdir()
    screen = RECORDER["record"](name, example.database.plain, folder)
    recorded = (RECORDER["FOLDER"] / f"{name}.svg").read_text("utf-8")
    compare = RECORDER["make_comparable"]
    assert compare(screen.to_svg(f"A terminal: {name}")) == compare(recorded)


def test_every_recording_is_made_by_the_script() -> None:
    files = {file.stem for file in RECORDER["FOLDER"].glob("*.svg")}
    assert files == {*RECORDER["RECORDINGS"]}


def test_recording_is_of_eighty_columns() -> None:
    screen = RECORDER["Screen"]()
    screen.feed(f"{'x' * 81}\r\n\x1b[32mdone\x1b[0m\r\x1b[Kover")
    assert screen.text == f"{'x' * 80}\nx\nover"
