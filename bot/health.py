"""`/healthz`, `/readyz` and `/metrics`: for load balancers and Prometheus."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.telemetry import Metrics
from knowledge.snapshot import Snapshots
from messages import StoreUnavailableError
from storage.stores import Stores


class Health:
    """Says whether the process lives, whether it can work, and what it has counted."""

    def __init__(self, stores: Stores, snapshots: Snapshots, metrics: Metrics) -> None:
        self._stores = stores
        self._snapshots = snapshots
        self._metrics = metrics

    def routes(self) -> list[web.RouteDef]:
        """List the routes to mount."""
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.metrics),
        ]

    async def alive(self, _: web.Request) -> web.Response:
        """Answer as long as the event loop turns."""
        return web.json_response({"status": "ok"})

    async def ready(self, _: web.Request) -> web.Response:
        """Answer 200 when database and knowledge base are there, else 503 with what is missing."""
        try:
            await self._stores.ping()
            database = True
        except StoreUnavailableError:
            database = False
        snapshot = self._snapshots.current
        body = {"database": database, "knowledge": snapshot is not None}
        return web.json_response(body, status=200 if all(body.values()) else 503)

    async def metrics(self, _: web.Request) -> web.Response:
        """Expose the numbers in Prometheus' text format."""
        try:
            for status, count in (await self._stores.outbox.counts()).items():
                self._metrics.outbox.labels(status).set(count)
        except StoreUnavailableError:
            self._metrics.outbox.clear()
        return web.Response(
            body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )
