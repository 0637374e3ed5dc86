"""The citizen's pages: one answer, one guide, the lists. Read on a phone, on a slow line, without script."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from knowledge.entries import Entry
from knowledge.guide_words import who_for
from knowledge.guides import Guide, plain_step
from knowledge.snapshot import Snapshot, Snapshots
from pages import guide_pages
from pages.search import QUERY_LIMIT, find_guides, in_order, paged
from pages.site import Site, is_large
from rendering.templating import page_url

PROGRAMS: Final = ("/api/", "/wechat/", "/assets/")
"""Under these, programs ask, not people."""
PAGE_SIZE: Final = 50
RELATED: Final = 6
"""How many related questions stand below a guide."""


@dataclass(frozen=True, slots=True)
class _Citizen:
    site: Site

    async def entry(self, request: web.Request) -> web.Response:
        """`GET /qa/{id}`: one question and its answer."""
        snapshot = self.site.snapshots.current
        if snapshot is None:
            return self.site.not_ready(request)
        today = self.site.today
        entry = snapshot.live(request.match_info["id"], today)
        if entry is None:
            return self.site.missing(request, snapshot, what="这条问答")
        return self.site.page(
            request,
            snapshot,
            "entry.html",
            entry=entry,
            guide=snapshot.guide(entry.guide),
            department=snapshot.departments.get(entry.department),
            category=snapshot.categories.get(entry.category),
        )

    async def guide(self, request: web.Request) -> web.Response:
        """`GET /guides/{id}`: how one matter is done."""
        snapshot = self.site.snapshots.current
        if snapshot is None:
            return self.site.not_ready(request)
        guide = snapshot.guide(request.match_info["id"])
        if guide is None:
            return self.site.missing(request, snapshot, what="这份办事指南")
        if guide.id != request.match_info["id"]:
            raise web.HTTPMovedPermanently(page_url("/guides", guide.id, large=is_large(request)))
        return self.site.page(
            request,
            snapshot,
            "guide.html",
            guide=guide,
            steps=[plain_step(each) for each in guide.steps],
            who_for=partial(who_for, guide),
            related=self._related(snapshot, guide),
            department=snapshot.departments.get(guide.department),
            category=snapshot.categories.get(guide.category),
        )

    async def guides(self, request: web.Request) -> web.Response:
        """`GET /guides`: all guides by category, or what a search finds."""
        snapshot = self.site.snapshots.current
        if snapshot is None:
            return self.site.not_ready(request)
        query = " ".join(request.query.get("q", "")[:QUERY_LIMIT].split())
        category = snapshot.categories.get(request.query.get("category", ""))
        department = snapshot.departments.get(request.query.get("department", ""))
        if query:
            found = find_guides(snapshot, query, self.site.today)
        else:
            found = in_order(snapshot, snapshot.guides.values())
        if category:
            found = [guide for guide in found if guide.category == category.id]
        if department:
            found = [guide for guide in found if guide.department == department.id]
        page = paged(found, number=request.query.get("page"), size=PAGE_SIZE)
        used = {guide.category for guide in snapshot.guides.values()}
        return self.site.page(
            request,
            snapshot,
            "guides.html",
            query=query,
            category=category,
            department=department,
            page=page,
            shelves=_shelves(snapshot, page.items) if not query else [("", list(page.items))],
            categories=[each for each in snapshot.categories.values() if each.id in used],
        )

    async def departments(self, request: web.Request) -> web.Response:
        """`GET /departments`: who sits where, and how to reach them."""
        snapshot = self.site.snapshots.current
        if snapshot is None:
            return self.site.not_ready(request)
        page = paged(snapshot.hall.departments, number=request.query.get("page"), size=PAGE_SIZE)
        with_guides = {guide.department for guide in snapshot.guides.values()}
        return self.site.page(request, snapshot, "departments.html", page=page, with_guides=with_guides)

    async def home(self, _: web.Request) -> web.Response:
        """The bare address leads to the guides."""
        raise web.HTTPFound("/guides")

    def elsewhere(self, request: web.Request) -> web.Response | None:
        """The friendly page for an address that nothing knows; None: a program asked, a short line does."""
        snapshot = self.site.snapshots.current
        if snapshot is None or request.method != "GET" or request.path.startswith(PROGRAMS):
            return None
        return self.site.missing(request, snapshot, what="这个页面")

    def _related(self, snapshot: Snapshot, guide: Guide) -> list[Entry]:
        today = self.site.today
        told = (each for each in snapshot.entries.values() if each.guide == guide.id)
        return [each for each in told if each.answers_on(today)][:RELATED]


def _shelves(snapshot: Snapshot, guides: Iterable[Guide]) -> list[tuple[str, list[Guide]]]:
    """Guides, already in order, under the names of their categories."""
    shelves: list[tuple[str, list[Guide]]] = []
    for category_id, group in groupby(guides, key=lambda guide: guide.category):
        category = snapshot.categories.get(category_id)
        shelves.append((category.name if category else "其他事项", list(group)))
    return shelves


def routes(
    snapshots: Snapshots, clock: Callable[[], datetime], public_url: str = ""
) -> list[web.AbstractRouteDef]:
    """The citizen's pages and their style sheet, for `bot.app` to mount; codes lead to `public_url`."""
    site = Site.made(snapshots, clock)
    pages = _Citizen(site)
    return [
        web.get("/qa/{id}", pages.entry),
        web.get("/guides", pages.guides),
        web.get("/guides/{id}", pages.guide),
        web.get("/departments", pages.departments),
        web.get("/", pages.home),
        *guide_pages.routes(site, public_url),
        *site.assets.routes(),
    ]


def friendly_not_found(snapshots: Snapshots, clock: Callable[[], datetime]) -> Middleware:
    """A middleware: people who come to an unknown address get a page with a way on."""
    pages = _Citizen(Site.made(snapshots, clock))

    @web.middleware
    async def found_or_friendly(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPNotFound:
            page = pages.elsewhere(request)
            if page is None:
                raise
            return page

    return found_or_friendly
