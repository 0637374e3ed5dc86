"""Import and export of entries: looked at first, then done whole or not at all."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

from aiohttp import BodyPartReader, web
from aiohttp.multipart import MultipartReader

from console.entries import ready
from console.visit import UNPROCESSABLE, Page, Visit
from knowledge import editorial
from knowledge.dossiers import Dossier, EditorialError, Step
from knowledge.editorial_store import EditCollisionError
from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.sheets.errors import SheetError
from knowledge.sheets.formats import MEDIA_TYPES, MOST_BYTES, Format, refuse_size
from knowledge.sheets.plan import EntryChange, ImportPlan, Mode, apply_plan, plan_import
from knowledge.sheets.write import write_entries, write_template
from knowledge.uploads import Upload
from rendering.forms import whole_number
from rendering.templating import beijing_date

MOST_SHOWN: Final = 50
_NAME_LENGTH: Final = 120
_FORM_BYTES: Final = 4096
_AT_ONCE: Final = 50
_MOST_READ: Final = 10 * MOST_BYTES
"""What is too big is read on, so that the browser gets an answer; up to here."""
FORMATS: Final[tuple[tuple[Format, str], ...]] = (
    ("xlsx", "Excel 表格"),
    ("csv", "CSV 表格"),
    ("jsonl", "JSONL（给程序用）"),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with the form."""

    name: str = ""
    data: bytes = b""
    mode: Mode = "merge"
    too_big: bool = False


async def show_sheets(visit: Visit) -> web.StreamResponse:
    """`GET /console/sheets`."""
    return _page(visit)


def _page(
    visit: Visit,
    *,
    plan: ImportPlan | None = None,
    upload: Upload | None = None,
    problem: str = "",
    status: int = 200,
) -> web.Response:
    return visit.page(
        "sheets.html",
        status=status,
        plan=plan,
        upload=upload,
        problem=problem,
        formats=FORMATS,
        most_shown=MOST_SHOWN,
        most_megabytes=MOST_BYTES // 1024 // 1024,
        may_direct=may_direct(visit),
    )


def may_direct(visit: Visit) -> bool:
    """Whether an import may change what citizens get, past the review: administrators of the whole hall."""
    return visit.may("hall.write") and not visit.me.departments


async def check(visit: Visit) -> web.StreamResponse:
    """`POST /console/sheets/check`: read a file and say what it would change; nothing is changed."""
    sent = await _sent(visit.request)
    if not sent.name:
        return _page(visit, problem="请先选择文件。", status=UNPROCESSABLE)
    if sent.mode == "replace" and not may_direct(visit):
        raise web.HTTPForbidden
    upload = Upload(secrets.token_urlsafe(18), visit.me.id, sent.name, sent.data, visit.now)
    try:
        refuse_size(MOST_BYTES + 1 if sent.too_big else len(sent.data))
        plan = await _plan(visit, upload, sent.mode)
    except SheetError as error:
        return _page(visit, problem=str(error), status=UNPROCESSABLE)
    if plan.ready:
        await visit.deps.uploads.keep(upload)
    return _page(visit, plan=plan, upload=upload, status=200 if plan.ready else UNPROCESSABLE)


async def apply(visit: Visit) -> web.StreamResponse:
    """`POST /console/sheets/apply`: do what was shown: drafts for review, or past the review."""
    form = await visit.form()
    upload = await visit.deps.uploads.get(form.value("upload"), owner=visit.me.id)
    if upload is None:
        return _page(visit, problem="文件已过期，请重新选择并检查。", status=UNPROCESSABLE)
    mode: Mode = "replace" if form.value("mode") == "replace" else "merge"
    direct = form.value("go") == "direct"
    if (direct or mode == "replace") and not may_direct(visit):
        raise web.HTTPForbidden
    try:
        plan = await _plan(visit, upload, mode)
        if plan.revision != whole_number(form.value("revision")):
            message = "检查以后知识库又有了改动，下面是重新检查的结果，请看过再导入。"
            return _page(visit, plan=plan, upload=upload, problem=message, status=409)
        if direct:
            await apply_plan(visit.deps.knowledge, plan)
        else:
            await _as_drafts(visit, plan)
    except (SheetError, EditorialError, EditCollisionError) as error:
        return _page(visit, problem=str(error), status=UNPROCESSABLE)
    await visit.deps.uploads.drop(upload.id, owner=visit.me.id)
    told = {
        "added": str(len(plan.added)),
        "changed": str(len(plan.changed)),
        "removed": str(len(plan.removed)),
    }
    await visit.note("entry.import" if direct else "entry.import_drafts", f"file:{upload.name}", after=told)
    return visit.go("/entries", done="imported" if direct else "imported_drafts")


async def _plan(visit: Visit, upload: Upload, mode: Mode) -> ImportPlan:
    """Compare with the newest knowledge base; a person of some departments touches only theirs."""
    loaded = await visit.deps.knowledge.load()
    if loaded is None:
        raise web.HTTPServiceUnavailable
    revision, knowledge = loaded
    plan = await asyncio.to_thread(
        plan_import, upload.name, upload.data, knowledge, revision=revision, mode=mode
    )
    touched = {change.after.department for change in (*plan.added, *plan.changed)} | {
        change.before.department for change in plan.changed if change.before
    }
    foreign = sorted(each for each in touched if not visit.me.covers(each))
    if foreign:
        snapshot = ready(visit)
        names = "、".join(
            snapshot.departments[each].name if each in snapshot.departments else each for each in foreign
        )
        raise SheetError(f"文件里有别的部门的问答（{names}），请只留下您负责的部门。")
    return plan


async def _as_drafts(visit: Visit, plan: ImportPlan) -> None:
    """Every row becomes a version in work, to be reviewed like any other; all of them or none."""
    changes = (*plan.added, *plan.changed)
    steps: list[Step] = []
    for start in range(0, len(changes), _AT_ONCE):
        some = changes[start : start + _AT_ONCE]
        found = await asyncio.gather(
            *(visit.deps.editorial.get(change.after.id, now=visit.now) for change in some)
        )
        made = (_draft(visit, change, dossier) for change, dossier in zip(some, found, strict=True))
        steps += [step for step in made if step is not None]
    await visit.deps.editorial.save_all(steps)


def _draft(visit: Visit, change: EntryChange, dossier: Dossier | None) -> Step | None:
    """The step that writes one row; None: it stands so already."""
    if dossier is None:
        return editorial.create(change.after, visit.me.id, now=visit.now)
    try:
        return editorial.edit(dossier, change.after, visit.me.id, now=visit.now)
    except EditorialError as error:
        if error.reason == "unchanged":
            return None
        where = f"第 {change.row} 行“{change.after.question}”"
        raise EditorialError(error.reason, f"{where}：{error}什么都没有导入。") from error


async def _sent(request: web.Request) -> Sent:
    """Read the form piece by piece: a file that is too big is never held whole."""
    if not request.content_type.startswith("multipart/"):
        return Sent()
    sent = Sent()
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if isinstance(part, MultipartReader):
            raise web.HTTPBadRequest
        if part.name == "file" and part.filename:
            data, too_big = await _bytes(part, MOST_BYTES)
            sent = Sent(part.filename[-_NAME_LENGTH:], data, sent.mode, too_big)
        elif part.name == "mode":
            chosen = (await _bytes(part, _FORM_BYTES))[0]
            sent = Sent(sent.name, sent.data, "replace" if chosen == b"replace" else "merge", sent.too_big)
        else:
            await _bytes(part, _FORM_BYTES)
    return sent


async def _bytes(part: BodyPartReader, most: int) -> tuple[bytes, bool]:
    """The part's content, and whether it is longer than `most`; what is longer is read and let go."""
    data, read, too_big = bytearray(), 0, False
    while chunk := await part.read_chunk(1 << 16):
        read += len(chunk)
        too_big = read > most
        if read > _MOST_READ:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=read)
        if not too_big:
            data += chunk
    return (b"" if too_big else bytes(data)), too_big


async def export(visit: Visit) -> web.StreamResponse:
    """`GET /console/sheets/entries.{kind}`: all entries in the person's scope, as they were edited."""
    kind = next((each for each, _ in FORMATS if each == visit.request.match_info["kind"]), None)
    if kind is None:
        raise web.HTTPNotFound
    knowledge = await _knowledge(visit)
    chosen: list[Entry] = [each for each in knowledge.entries if visit.me.covers(each.department)]
    try:
        body = await asyncio.to_thread(write_entries, kind, knowledge, chosen)
    except SheetError as error:
        return _page(visit, problem=str(error), status=UNPROCESSABLE)
    await visit.note("entry.export", f"file:entries.{kind}", after={"rows": str(len(chosen))})
    return _file(body, kind, f"entries-{beijing_date(visit.now)}.{kind}")


async def template(visit: Visit) -> web.StreamResponse:
    """`GET /console/sheets/template.xlsx`: an empty sheet to fill in."""
    body = await asyncio.to_thread(write_template, await _knowledge(visit))
    return _file(body, "xlsx", "template.xlsx")


async def _knowledge(visit: Visit) -> Knowledge:
    loaded = await visit.deps.knowledge.load()
    if loaded is None:
        raise web.HTTPServiceUnavailable
    return loaded[1]


def _file(body: bytes, kind: Format, name: str) -> web.Response:
    headers = {
        "Content-Type": MEDIA_TYPES[kind],
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=body, headers=headers)


PAGES: Final = (
    Page("GET", "/sheets", "entries.read", show_sheets, "entries"),
    Page("POST", "/sheets/check", "entries.import", check, "entries"),
    Page("POST", "/sheets/apply", "entries.import", apply, "entries"),
    Page("GET", "/sheets/template.xlsx", "entries.import", template, "entries"),
    Page("GET", "/sheets/entries.{kind}", "entries.export", export, "entries"),
)
