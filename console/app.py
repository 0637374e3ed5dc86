"""The staff's pages: the table of all of them, and the application that serves them under `/console`."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from console import (
    audit_pages,
    confirm_pages,
    department_pages,
    desk_pages,
    desk_steps,
    desk_stream,
    door,
    entry_editor,
    entry_pages,
    entry_steps,
    gap_pages,
    hall_pages,
    home,
    lexicon_pages,
    menu_pages,
    numbers_files,
    numbers_pages,
    sheet_pages,
    staff_pages,
    text_pages,
    token_pages,
    trial_pages,
)
from console.gap_board import GapBoard
from console.guard import Guard
from console.hall_edit import field_name
from console.numbers_view import duration, percent
from console.visit import ROOT, Deps, Page, Tools, url
from console.words import browser_name
from helpdesk.staff import ROLE_NAMES
from rendering.assets import Assets
from rendering.templating import beijing_time, environment

FOLDER: Final = Path(__file__).parent
HTMX: Final = Path(str(files("js_lib_htmx"))) / "static" / "htmx" / "htmx.min.js"

HALL_PAGES: Final = (
    *hall_pages.PAGES,
    *department_pages.PAGES,
    *lexicon_pages.PAGES,
    *text_pages.PAGES,
    *menu_pages.PAGES,
)
PAGES: Final[tuple[Page, ...]] = (
    *door.PAGES,
    *token_pages.PAGES,
    *home.PAGES,
    *desk_pages.PAGES,
    *desk_steps.PAGES,
    *desk_stream.PAGES,
    *trial_pages.PAGES,
    *gap_pages.PAGES,
    *confirm_pages.PAGES,
    *sheet_pages.PAGES,
    *entry_editor.PAGES,
    *entry_pages.PAGES,
    *entry_steps.PAGES,
    *numbers_pages.PAGES,
    *numbers_files.PAGES,
    *HALL_PAGES,
    *staff_pages.PAGES,
    *audit_pages.PAGES,
)
"""Every page of the console, with what it asks for."""


def console_app(deps: Deps) -> web.Application:
    """Make the console, for `bot.app` to mount under `/console`."""
    own = ("console.css", "charts.css", "console.js", "desk.js", "icon.svg")
    assets = Assets.read("/assets", [*(FOLDER / "static" / name for name in own), HTMX])
    templates = environment(FOLDER / "templates")
    templates.globals.update(url=url, role_names=ROLE_NAMES, field_name=field_name)
    templates.filters.update(beijing_time=beijing_time, browser_name=browser_name)
    templates.filters.update(percent=percent, duration=duration)
    tools = Tools(deps, templates, assets.under(ROOT), GapBoard(deps.cluster_at), asyncio.Event())
    guard = Guard(tools, {(page.method, ROOT + page.path): page for page in PAGES})

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await guard(request, handler)

    app = web.Application(middlewares=[guarded])
    for page in PAGES:
        app.router.add_route(page.method, page.path, _never)
    app.add_routes(assets.routes())

    async def close_streams(_: web.Application) -> None:
        tools.closing.set()

    app.on_shutdown.append(close_streams)
    return app


async def _never(_: web.Request) -> web.StreamResponse:
    """The guard answers for every page of the table; what comes here was never allowed."""
    raise web.HTTPForbidden
