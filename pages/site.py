"""What the citizen's pages share: the frame, the page that is not there, the page before any data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final, Self

from aiohttp import web
from jinja2 import Environment

from knowledge.snapshot import Snapshot, Snapshots
from pages.templating import assets, environment
from rendering.assets import Assets
from rendering.templating import Context, beijing_date, html, page_url

KEPT: Final = ("q", "category", "department", "page")
"""Query values that the large-type switch carries over."""


@dataclass(frozen=True, slots=True)
class Site:
    """The frame around every page."""

    snapshots: Snapshots
    clock: Callable[[], datetime]
    assets: Assets
    templates: Environment

    @classmethod
    def made(cls, snapshots: Snapshots, clock: Callable[[], datetime]) -> Self:
        """Read style sheets and templates."""
        return cls(snapshots, clock, assets("/assets/pages", ["citizen.css", "icon.svg"]), environment())

    @property
    def today(self) -> date:
        """The date in Beijing."""
        return beijing_date(self.clock())

    def page(
        self, request: web.Request, snapshot: Snapshot, name: str, *, status: int = 200, **values: object
    ) -> web.Response:
        """Answer with a page of this template."""
        context = self._context(request, snapshot)
        return html(self.templates.get_template(name).render({**context, **values}), status=status)

    def missing(self, request: web.Request, snapshot: Snapshot, *, what: str) -> web.Response:
        """Say kindly that something isn't there, with ways on."""
        context = self._context(request, snapshot)
        body = self.templates.get_template("missing.html").render({**context, "what": what})
        return html(body, status=404, cache="no-store")

    def not_ready(self, request: web.Request) -> web.Response:
        """Ask to come again when the knowledge base was read."""
        context = self._context(request, None)
        body = self.templates.get_template("not_ready.html").render(
            {**context, "again": str(request.rel_url)}
        )
        response = html(body, status=503, cache="no-store")
        response.headers["Retry-After"] = "5"
        return response

    def _context(self, request: web.Request, snapshot: Snapshot | None) -> Context:
        large = is_large(request)
        kept = {name: request.query[name] for name in KEPT if name in request.query}
        return {
            "hall": snapshot.hall if snapshot else None,
            "large": large,
            "style": self.assets.url("citizen.css"),
            "icon": self.assets.url("icon.svg"),
            "url": partial(page_url, large=large),
            "switch_url": page_url(request.rel_url.raw_path, large=not large, **kept),
            "today": self.today,
        }


def is_large(request: web.Request) -> bool:
    """Whether large type was asked for."""
    return request.query.get("large") == "1"
