"""The API's application: the table of all routes, mounted under `/api/v1`."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from api import citizens, directory, entries, entry_steps
from api.guard import Guard
from api.openapi import describe
from api.table import ROOT, Answer, ApiDeps, Call, Route


async def show_description(_: Call) -> Answer:
    """`GET /openapi.json`."""
    return Answer(DESCRIPTION)


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/openapi.json", "anyone", show_description, "这份说明", {200: None}),
    *directory.ROUTES,
    *citizens.ROUTES,
    *entries.ROUTES,
    *entry_steps.ROUTES,
)
"""Every route of the API, with what it asks for."""
DESCRIPTION: Final = describe(ROUTES)


def api_app(deps: ApiDeps) -> web.Application:
    """Make the API, for `bot.app` to mount under `/api/v1`."""
    guard = Guard(deps, {(route.method, ROOT + route.path): route for route in ROUTES})

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await guard(request, handler)

    app = web.Application(middlewares=[guarded])
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _never)
    return app


async def _never(_: web.Request) -> web.StreamResponse:
    """The guard answers for every route of the table; what comes here was never allowed."""
    raise web.HTTPForbidden
