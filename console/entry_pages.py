"""Entries to read: the list, one entry with all that can be done with it, and its history."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from aiohttp import web

from console.entries import (
    compared,
    may_step,
    names_of,
    problems_of,
    ready,
    scope_of,
    wanted_dossier,
)
from console.entry_form import AUDIENCES
from console.numbers_pages import entry_numbers
from console.preview import preview_of
from console.visit import Page, Visit
from knowledge.desk import told_by_name
from knowledge.dossiers import ACTION_NAMES, STATE_NAMES, Dossier, allowed, content_of
from knowledge.editorial_store import Wanted
from knowledge.entries import EntryState
from rendering.forms import Form, whole_number
from rendering.templating import beijing_date

YEAR: Final = timedelta(days=365)
HISTORY: Final = 12
FILTERS: Final = ("q", "state", "department", "category", "mine", "due")


async def show_list(visit: Visit) -> web.StreamResponse:
    """`GET /console/entries`."""
    query, snapshot = visit.request.query, ready(visit)
    states: tuple[EntryState, ...] = tuple(each for each in STATE_NAMES if each == query.get("state"))
    department = query.get("department", "")
    scope = scope_of(visit.me)
    if department and visit.me.covers(department):
        scope = (department,)
    due = query.get("due") == "1"
    wanted = Wanted(
        states=states,
        departments=scope,
        category=query.get("category", ""),
        author=visit.me.id if query.get("mine") == "1" else "",
        text=" ".join(query.get("q", "").split())[:60],
        review_by=beijing_date(visit.now) if due else None,
        order="review" if due else "publish" if states == ("scheduled",) else "changed",
    )
    page = whole_number(query.get("page", "")) or 1
    listing = await visit.deps.editorial.find(wanted, page=page, now=visit.now)
    return visit.page(
        "entries.html",
        listing=listing,
        counts=await visit.deps.editorial.counts(scope_of(visit.me)),
        kept={name: query.get(name, "") for name in FILTERS},
        snapshot=snapshot,
        state_names=STATE_NAMES,
        departments=[each for each in snapshot.departments.values() if visit.me.covers(each.id)],
        names=await names_of(visit),
    )


async def show_one(visit: Visit) -> web.StreamResponse:
    """`GET /console/entries/{id}`."""
    return await entry_page(visit, await wanted_dossier(visit), Form())


async def entry_page(visit: Visit, dossier: Dossier, form: Form, *, status: int = 200) -> web.Response:
    """The page of one entry; `form` brings back what went wrong with a step."""
    snapshot = ready(visit)
    answering = dossier.answering
    changed = answering is not None and content_of(answering) != content_of(dossier.entry)
    counted = answering is not None and visit.may("numbers.read", dossier.entry.department)
    return visit.page(
        "entry.html",
        numbers=await entry_numbers(visit, dossier.id) if counted else None,
        status=status,
        dossier=dossier,
        form=form,
        actions=[action for action in allowed(dossier) if may_step(visit, action, dossier.entry)],
        action_names=ACTION_NAMES,
        state_names=STATE_NAMES,
        snapshot=snapshot,
        preview=preview_of(dossier.entry, snapshot, visit.deps.public_url),
        fields=compared(answering, dossier.entry, snapshot) if changed else [],
        problems=await problems_of(visit, dossier.entry) if dossier.in_work else [],
        names=await names_of(visit),
        revisions=await visit.deps.editorial.revisions(dossier.id, limit=HISTORY),
        own_words=visit.me.id in dossier.writers,
        audiences=dict(AUDIENCES),
        next_review=(beijing_date(visit.now) + YEAR).isoformat(),
        tomorrow=f"{beijing_date(visit.now) + timedelta(days=1)}T08:00",
    )


async def show_history(visit: Visit) -> web.StreamResponse:
    """`GET /console/entries/{id}/history`: who did what, newest first."""
    dossier = await wanted_dossier(visit)
    return visit.page(
        "entry_history.html",
        dossier=dossier,
        revisions=await visit.deps.editorial.revisions(dossier.id),
        action_names=ACTION_NAMES,
        names=await names_of(visit),
    )


async def show_revision(visit: Visit) -> web.StreamResponse:
    """`GET /console/entries/{id}/history/{number}`: a revision beside the one before, and to take back."""
    dossier, snapshot = await wanted_dossier(visit), ready(visit)
    number = whole_number(visit.request.match_info["number"])
    revision = await visit.deps.editorial.revision(dossier.id, number) if number else None
    if not number or revision is None:
        raise web.HTTPNotFound
    earlier = await visit.deps.editorial.revision(dossier.id, number - 1)
    can_restore = may_step(visit, "restore", dossier.entry) and "restore" in allowed(dossier)
    return visit.page(
        "entry_revision.html",
        dossier=dossier,
        revision=revision,
        fields=compared(earlier.entry if earlier else None, revision.entry, snapshot),
        whole=told_by_name(revision.entry, snapshot),
        action_names=ACTION_NAMES,
        names=await names_of(visit),
        can_restore=can_restore and content_of(revision.entry) != content_of(dossier.entry),
    )


PAGES: Final = (
    Page("GET", "/entries", "entries.read", show_list, "entries"),
    Page("GET", "/entries/{id}", "entries.read", show_one, "entries"),
    Page("GET", "/entries/{id}/history", "entries.read", show_history, "entries"),
    Page("GET", "/entries/{id}/history/{number}", "entries.read", show_revision, "entries"),
)
