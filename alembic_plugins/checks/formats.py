"""A check's findings as readers and code hosts want them: lines, annotations, SARIF."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .findings import Finding, Rule

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def to_line(finding: Finding) -> str:
    """Return a finding as compilers write it, so that editors find the place."""
    note = "" if finding.rule.fails else "note: "
    return (
        f"{find_path(finding.file)}:{finding.line}: {note}{finding.rule.name}: "
        f"{finding.message}. {finding.advice}."
    )


def to_json(finding: Finding) -> dict[str, object]:
    """Return a finding as an object of JSON."""
    return {
        "rule": finding.rule.name,
        "level": _find_level(finding.rule),
        "plugin": finding.plugin,
        "file": find_path(finding.file),
        "line": finding.line,
        "message": finding.message,
        "advice": finding.advice,
    }


def to_annotation(finding: Finding) -> str:
    """Return a finding as a workflow command of GitHub's, which shows it at its line."""
    command = "error" if finding.rule.fails else "notice"
    facts = {
        "file": find_path(finding.file),
        "line": str(finding.line),
        "title": finding.rule.name,
    }
    properties = ",".join(f"{key}={_escape(value, ',:')}" for key, value in facts.items())
    return f"::{command} {properties}::{_escape(f'{finding.message}. {finding.advice}.')}"


def to_sarif(findings: Sequence[Finding], version: str) -> dict[str, Any]:
    """Return findings as a log of SARIF 2.1.0, with the rules that they are by."""
    rules = {finding.rule.name: finding.rule for finding in findings}
    driver = {
        "name": "alembic-plugins",
        "version": version,
        "rules": [_describe(rule) for rule in rules.values()],
    }
    results = [_to_result(finding, list(rules)) for finding in findings]
    run = {"tool": {"driver": driver}, "results": results}
    return {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}


def find_path(file: Path) -> str:
    """Return the path of a file from the working directory, or the whole where it is elsewhere."""
    path = Path(os.path.relpath(file)) if file.is_relative_to(Path.cwd()) else file
    return path.as_posix()


def _find_level(rule: Rule) -> str:
    return "error" if rule.fails else "note"


def _describe(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.reason},
        "help": {"text": f"{rule.advice}."},
        "defaultConfiguration": {"level": _find_level(rule)},
    }


def _to_result(finding: Finding, rules: Sequence[str]) -> dict[str, Any]:
    path = find_path(finding.file)
    uri = finding.file.as_uri() if Path(path).is_absolute() else path
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": finding.line}}
    return {
        "ruleId": finding.rule.name,
        "ruleIndex": rules.index(finding.rule.name),
        "level": _find_level(finding.rule),
        "message": {"text": f"{finding.message}. {finding.advice}."},
        "locations": [{"physicalLocation": place}],
    }


def _escape(text: str, more: str = "") -> str:
    """Return a text as GitHub reads it in a workflow command."""
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
