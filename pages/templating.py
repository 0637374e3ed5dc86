"""Where the citizen's pages keep their templates and style sheets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment

from rendering.assets import Assets
from rendering.templating import environment as environment_over

FOLDER: Final = Path(__file__).parent


def environment() -> Environment:
    """Make the pages' environment."""
    return environment_over(FOLDER / "templates")


def assets(prefix: str, names: Sequence[str]) -> Assets:
    """Read the named files of `pages/static`."""
    return Assets.read(prefix, [FOLDER / "static" / name for name in names])
