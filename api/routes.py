"""The first of `/api/v1`: what the mini-program's start page shows. The rest comes with its own issue."""

from __future__ import annotations

from aiohttp import web

from knowledge.snapshot import Snapshots


def routes(snapshots: Snapshots) -> list[web.RouteDef]:
    """List the routes to mount."""

    async def hall(_: web.Request) -> web.Response:
        """Name, place and hours of the hall, and its departments."""
        snapshot = snapshots.current
        if snapshot is None:
            return web.json_response({"error": "not_ready", "message": "大厅的资料还在准备中"}, status=503)
        found = snapshot.hall
        return web.json_response(
            {
                "name": found.name,
                "address": found.address,
                "phone": found.phone,
                "hours": found.hours,
                "sample": found.sample,
                "departments": [
                    {"id": each.id, "name": each.name, "window": each.window, "phone": each.phone}
                    for each in found.departments
                ],
            }
        )

    return [web.get("/api/v1/hall", hall)]
