"""Gaps: what citizens asked in vain, grouped, with one click to mend it. Nothing happens by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from aiohttp import web

from console.entries import note_step, ready
from console.visit import Page, Visit
from knowledge import editorial
from knowledge.desk import new_entry_id
from knowledge.dossiers import EditorialError
from knowledge.editorial_store import EditCollisionError, phrasing_key
from knowledge.entries import Entry
from knowledge.gaps import Decided, Gap, decision_on
from knowledge.sheets.formats import MEDIA_TYPES
from knowledge.sheets.table import Heading, Table, xlsx
from knowledge.snapshot import Snapshot
from knowledge.writing import QUESTION_LIMIT
from rendering.forms import whole_number
from rendering.templating import beijing_date

DAYS: Final = (7, 28, 90)
MOST_MISSED: Final = 5000
PAGE_SIZE: Final = 30
PROPOSALS: Final = {"alternate": "加为相似问", "mend": "修改答案", "new": "写一条新的"}


async def _gaps(visit: Visit, days: int) -> list[Gap]:
    """The gaps in this person's scope; those of no department are everybody's."""
    missed = await visit.deps.turns.missed(since=visit.now - timedelta(days=days), limit=MOST_MISSED)
    decisions = await visit.deps.gaps.decisions()
    found = await visit.tools.gap_board.gaps(days, missed, decisions, ready(visit), visit.now)
    return [each for each in found if not each.department or visit.me.covers(each.department)]


def _days(visit: Visit) -> int:
    found = whole_number(visit.request.query.get("days", ""))
    return found if found in DAYS else DAYS[1]


async def show_gaps(visit: Visit) -> web.StreamResponse:
    """`GET /console/gaps`."""
    days, snapshot = _days(visit), ready(visit)
    gaps = await _gaps(visit, days)
    department = visit.request.query.get("department", "")
    held = {each.department for each in gaps}
    if department:
        gaps = [each for each in gaps if each.department == department]
    page = min(whole_number(visit.request.query.get("page", "")) or 1, max(1, -(-len(gaps) // PAGE_SIZE)))
    return visit.page(
        "gaps.html",
        gaps=gaps[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        total=len(gaps),
        asked=sum(each.count for each in gaps),
        page=page,
        pages=max(1, -(-len(gaps) // PAGE_SIZE)),
        days=days,
        all_days=DAYS,
        department=department,
        departments=[each for each in snapshot.departments.values() if each.id in held],
        snapshot=snapshot,
        proposals=PROPOSALS,
    )


async def show_ignored(visit: Visit) -> web.StreamResponse:
    """`GET /console/gaps/ignored`: what was put aside, to be taken back."""
    everyone = {each.id: each.name for each in await visit.deps.staff.everyone()}
    ignored = await visit.deps.gaps.decisions("ignored")
    return visit.page("gaps_ignored.html", ignored=ignored[:200], names=everyone)


async def settle(visit: Visit) -> web.StreamResponse:
    """`POST /console/gaps/{id}/{decision}`: ignore it, make its wordings alternates, or begin an entry."""
    gaps = await _gaps(visit, _days(visit))
    gap = next((each for each in gaps if each.id == visit.request.match_info["id"]), None)
    if gap is None:
        return visit.go("/gaps", done="gap_gone")
    match visit.request.match_info["decision"]:
        case "ignore":
            await _decide(visit, gap, "ignored", "")
            return visit.go("/gaps", done="gap_ignored", days=str(_days(visit)))
        case "alternate" if gap.entry_id:
            return await _add_alternates(visit, gap)
        case "new":
            return await _begin_entry(visit, gap)
        case _:
            raise web.HTTPNotFound


async def _decide(visit: Visit, gap: Gap, decided: Decided, entry_id: str) -> None:
    decision = decision_on(gap, decided, visit.me.id, now=visit.now, entry_id=entry_id)
    await visit.deps.gaps.decide(decision)
    await visit.note(f"gap.{decided}", f"gap:{gap.id}", after={"questions": "；".join(gap.examples)})


async def _add_alternates(visit: Visit, gap: Gap) -> web.StreamResponse:
    dossier = await visit.deps.editorial.get(gap.entry_id, now=visit.now)
    if dossier is None:
        raise web.HTTPNotFound
    visit.demand("entries.write", dossier.entry.department)
    new = await _untaken(visit, gap.examples, dossier.entry)
    entry = replace(dossier.entry, alternates=(*dossier.entry.alternates, *new))
    try:
        step = editorial.edit(dossier, entry, visit.me.id, now=visit.now)
        await visit.deps.editorial.save(step)
    except (EditorialError, EditCollisionError):
        return visit.go(f"/entries/{dossier.id}", done="gap_not_now")
    await note_step(visit, step)
    await _decide(visit, gap, "taken", dossier.id)
    return visit.go(f"/entries/{dossier.id}", done="gap_alternates")


async def _untaken(visit: Visit, texts: Iterable[str], entry: Entry) -> tuple[str, ...]:
    """Of some wordings those that neither this entry nor another has."""
    known = {phrasing_key(each) for each in (entry.question, *entry.alternates)}
    fresh = {phrasing_key(text): " ".join(text.split()) for text in texts}
    taken = await visit.deps.editorial.others_with(tuple(fresh.values()), except_id=entry.id)
    return tuple(text for key, text in fresh.items() if key and key not in known and key not in taken)


async def _begin_entry(visit: Visit, gap: Gap) -> web.StreamResponse:
    visit.demand("entries.write", gap.department or None)
    own = visit.me.departments[0] if visit.me.departments else ""
    texts = await _untaken(visit, gap.examples, Entry("", "", "", "", ""))
    entry = Entry(
        new_entry_id(),
        question=(texts[0] if texts else gap.examples[0])[:QUESTION_LIMIT],
        answer="",
        department=gap.department if gap.department and visit.me.covers(gap.department) else own,
        category="",
        alternates=texts[1:],
    )
    step = editorial.create(entry, visit.me.id, now=visit.now)
    await visit.deps.editorial.save(step)
    await note_step(visit, step)
    await _decide(visit, gap, "taken", entry.id)
    return visit.go(f"/entries/{entry.id}/edit", done="gap_draft")


async def take_back(visit: Visit) -> web.StreamResponse:
    """`POST /console/gaps/{id}/back`: show an ignored gap again."""
    if await visit.deps.gaps.revoke(visit.request.match_info["id"]):
        await visit.note("gap.back", f"gap:{visit.request.match_info['id']}")
    return visit.go("/gaps/ignored", done="gap_back")


async def download(visit: Visit) -> web.StreamResponse:
    """`GET /console/gaps.xlsx`: the weekly sheet, one sheet for each department."""
    days, snapshot = _days(visit), ready(visit)
    gaps = await _gaps(visit, days)
    body = await asyncio.to_thread(_book, gaps, snapshot)
    name = f"gaps-{beijing_date(visit.now)}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=body, content_type=MEDIA_TYPES["xlsx"], headers=headers)


def _book(gaps: list[Gap], snapshot: Snapshot) -> bytes:
    headings = (
        Heading("市民怎么问", 48),
        Heading("次数", 8),
        Heading("说没用", 8),
        Heading("近四周（从早到近）", 18),
        Heading("建议", 14),
        Heading("最接近的问答", 36),
        Heading("最近一次", 18),
    )
    held = sorted({each.department for each in gaps}, key=lambda each: (each == "", each))
    tables = [
        Table(
            _department(snapshot, department),
            headings,
            [
                (
                    "\n".join(gap.examples),
                    gap.count,
                    gap.useless,
                    " · ".join(str(each) for each in gap.trend),
                    PROPOSALS[gap.proposal],
                    snapshot.title(gap.entry_id) if gap.entry_id else "",
                    gap.last_at,
                )
                for gap in gaps
                if gap.department == department
            ],
        )
        for department in held
    ]
    return xlsx(*(tables or [Table("没有待补的问题", headings)]))


def _department(snapshot: Snapshot, department: str) -> str:
    found = snapshot.departments.get(department)
    return (found.short_name or found.name) if found else "还没分到部门"


PAGES: Final = (
    Page("GET", "/gaps", "gaps.read", show_gaps, "gaps"),
    Page("GET", "/gaps.xlsx", "gaps.read", download, "gaps"),
    Page("GET", "/gaps/ignored", "gaps.read", show_ignored, "gaps"),
    Page("POST", "/gaps/{id}/back", "gaps.settle", take_back, "gaps"),
    Page("POST", "/gaps/{id}/settle/{decision}", "gaps.settle", settle, "gaps"),
)
