"""What import-linter can't see: the two single modules at the top import none of the rooms."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {path.parent.name for path in ROOT.glob("*/__init__.py")}


@pytest.mark.parametrize("module", ["messages.py", "settings.py"])
def test_a_module_at_the_bottom_imports_no_room(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    names = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {
        (node.module or "").partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }
    assert not names & ROOMS
    assert "bot" in ROOMS
