"""The first page after signing in: what waits for this person."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from console.visit import Page, Visit
from console.words import PERMISSION_NAMES


async def show_home(visit: Visit) -> web.StreamResponse:
    """`GET /console`."""
    allowed = [name for key, name in PERMISSION_NAMES.items() if visit.may(key)]
    return visit.page("home.html", allowed=allowed)


PAGES: Final = (Page("GET", "", "own", show_home, "home"),)
