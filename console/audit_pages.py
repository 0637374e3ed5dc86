"""The audit log to read: newest first, by person, kind of action and thing."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from aiohttp import web

from console.visit import Page, Visit
from console.words import ACTION_NAMES, FIELD_NAMES

PAGE_SIZE: Final = 50


async def show_log(visit: Visit) -> web.StreamResponse:
    """`GET /console/audit`."""
    query = visit.request.query
    login, action, target = (query.get(name, "").strip()[:64] for name in ("login", "action", "target"))
    events = await visit.deps.audit.read(
        login=login,
        action=action if action in ACTION_NAMES else "",
        target=target,
        before=_moment(query.get("before", "")),
        limit=PAGE_SIZE + 1,
    )
    return visit.page(
        "audit.html",
        events=events[:PAGE_SIZE],
        older=events[PAGE_SIZE - 1].at.isoformat() if len(events) > PAGE_SIZE else "",
        action_names=ACTION_NAMES,
        field_names=FIELD_NAMES,
        login=login,
        action=action,
        target=target,
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


PAGES: Final = (Page("GET", "/audit", "audit.read", show_log, "audit"),)
