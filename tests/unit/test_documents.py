"""What the documents name is there: tests, files of operators, settings, metrics."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from bot.telemetry import Metrics
from settings import PREFIX, Settings
from tests.running import ROOT

DOCUMENTS: Final = sorted((ROOT / "docs").rglob("*.md"))
TEST: Final = re.compile(r"`(tests/[a-z_/]+\.py)(?:::(test_[a-z0-9_]+))?`")
FILE: Final = re.compile(r"`?\b(packaging/[A-Za-z._-]+[A-Za-z])`?")
SETTING: Final = re.compile(rf"\b{PREFIX}[A-Z][A-Z_]+[A-Z]\b")
METRIC: Final = re.compile(r"`(lingjuli_[a-z_]+)")
LINK: Final = re.compile(r"\]\(([a-z0-9_./-]+\.md)\)")


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_tests_that_are_named_exist(document: Path) -> None:
    for path, function in TEST.findall(document.read_text(encoding="utf-8")):
        assert (ROOT / path).is_file(), path
        if function:
            source = (ROOT / path).read_text(encoding="utf-8")
            assert f"def {function}(" in source, f"{path}::{function}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_files_settings_metrics_and_pages_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for path in FILE.findall(text):
        assert (ROOT / path).is_file(), path
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(SETTING.findall(text)) <= known
    families = {family.name for family in Metrics().registry.collect()}
    for metric in METRIC.findall(text):
        base = re.sub(r"_(total|bucket|count|sum|created)$", "", metric)
        assert base in families, metric
    for link in LINK.findall(text):
        assert (document.parent / link).is_file(), link


def test_the_threat_model_shows_its_tests() -> None:
    """Each row of its tables ends with what shows it: a test, or the word that there is none."""
    rows = [
        line
        for line in (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
        and line.count("|") == 4
        and not line.startswith(("| who", "| threat", "|---"))
    ]
    shown = [row for row in rows if "`tests/" in row or "no test" in row or "see above" in row]
    people = [
        row for row in rows if row.split("|")[1].strip().startswith(("a ", "somebody", "another program"))
    ]
    assert len(shown) > 30
    assert set(rows) - set(shown) <= set(people)
