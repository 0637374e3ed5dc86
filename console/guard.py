"""The console's only door: who asks, may they, did they mean it. What the table doesn't allow is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from console.visit import ROOT, Page, Tools, Visit, url
from helpdesk.secrets import digest
from helpdesk.staff import Staff, StaffSession
from messages import StoreUnavailableError

COOKIE: Final = "lingjuli_staff"
IDLE: Final = timedelta(hours=2)
LONGEST: Final = timedelta(hours=12)
_TOUCH: Final = timedelta(minutes=1)
"""A session's last use is stored at most this often."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SECRET_FIELDS: Final = ("password", "code")
"""Forms with such fields are never given back."""
STAGE_PAGES: Final[Mapping[str, str]] = {"code": "/code", "password": "/password"}
"""Where somebody who is not quite in yet has to go."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets requests through to the pages of the table."""

    tools: Tools
    pages: Mapping[tuple[str, str], Page]
    """By method and full path pattern."""

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request (the console's middleware)."""
        visit = Visit(request, self.tools, self.tools.deps.clock(), section="")
        try:
            response = await self._respond(visit, handler)
        except (web.HTTPRedirection, web.HTTPSuccessful) as answer:
            answer.headers.update(HEADERS)
            raise
        except web.HTTPException as refusal:
            response = self._refusal(visit, refusal.status)
        except StoreUnavailableError:
            log.warning("database away", path=_pattern(request))
            response = await self._given_back(visit, 503)
        except Exception:
            log.exception("a page of the console failed", path=_pattern(request))
            response = await self._given_back(visit, 500)
        if not response.prepared:  # a stream of events has sent its own
            response.headers.update(HEADERS)
        return response

    async def _respond(self, visit: Visit, handler: Handler) -> web.StreamResponse:
        request = visit.request
        if request.match_info.http_exception is not None:
            raise request.match_info.http_exception
        if _pattern(request).startswith(f"{ROOT}/assets/"):
            return await handler(request)
        method = "GET" if request.method == "HEAD" else request.method
        page = self.pages.get((method, _pattern(request)))
        if page is None:
            raise web.HTTPForbidden
        if request.method not in SAFE_METHODS and not _meant(request):
            raise web.HTTPForbidden
        visit = replace(visit, section=page.section)
        if page.needs != "anyone":
            visit = await self._signed_in(visit, page)
        else:
            visit = await self._known(visit)
        return await page.handle(visit)

    async def _known(self, visit: Visit) -> Visit:
        """Who asks, when that is known."""
        token = visit.request.cookies.get(COOKIE, "")
        if not token:
            return visit
        found = await self._session(token, visit.now)
        return replace(visit, session=found[0], staff=found[1]) if found else visit

    async def _signed_in(self, visit: Visit, page: Page) -> Visit:
        visit = await self._known(visit)
        person, session = visit.staff, visit.session
        if person is None or session is None:
            back = visit.request.rel_url.raw_path_qs if visit.request.method == "GET" else ""
            raise web.HTTPSeeOther(url("/login", back=back.removeprefix(ROOT)))
        if session.stage != "full" and page.needs != "unfinished":
            raise web.HTTPSeeOther(url(STAGE_PAGES[session.stage]))
        if page.needs not in {"own", "unfinished"} and not person.may(page.needs):  # type: ignore[arg-type]
            raise web.HTTPForbidden
        await self._touch(session, visit.now)
        return visit

    async def _session(self, token: str, now: datetime) -> tuple[StaffSession, Staff] | None:
        store = self.tools.deps.staff
        session = await store.session(digest(token))
        if session is None or session.expires_at <= now or session.seen_at + IDLE <= now:
            return None
        person = await store.get(session.staff_id)
        return (session, person) if person is not None and not person.disabled else None

    async def _touch(self, session: StaffSession, now: datetime) -> None:
        if now - session.seen_at >= _TOUCH:
            await self.tools.deps.staff.save_session(replace(session, seen_at=now))

    async def _given_back(self, visit: Visit, status: int) -> web.Response:
        """Say so, and give back what was typed with a button that sends it again."""
        typed: list[tuple[str, str]] = []
        if visit.request.method == "POST" and _meant(visit.request):
            form = await visit.form()
            secret = any(name.startswith(SECRET_FIELDS) for name in form.values)
            typed = [] if secret else [(name, each) for name, all_ in form.values.items() for each in all_]
        return visit.page("trouble.html", status=status, status_code=status, typed=typed)

    def _refusal(self, visit: Visit, status: int) -> web.Response:
        return visit.page("trouble.html", status=status, status_code=status, typed=[])


def _pattern(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _meant(request: web.Request) -> bool:
    """Whether a change was asked for from one of our own pages, and not from somebody else's.

    Browsers since 2023 say so in Sec-Fetch-Site; older ones name the page's origin. A request that says
    neither is none of a browser's and is refused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host
