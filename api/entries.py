"""`/api/v1/entries`: reading and writing at the clerks' desk, by the same rules as in the console."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from api.entry_shapes import (
    Content,
    EditOrder,
    EntryPage,
    EntryQuery,
    EntryTold,
    RevisionList,
    RevisionQuery,
    RevisionSummary,
    RevisionTold,
)
from api.problems import (
    CHANGED,
    CONFLICT,
    FORBIDDEN,
    INVALID,
    NO_TOKEN,
    FieldError,
    ProblemError,
    wrong_field,
)
from api.table import ROOT, Answer, Call, Route, missing
from helpdesk.audit import audit_event
from helpdesk.staff import ENTRY_STEPS
from knowledge import desk, editorial
from knowledge.dossiers import Dossier, EditorialError, Step, allowed
from knowledge.editorial_store import EditCollisionError, Wanted
from knowledge.entries import Entry, beijing_day
from knowledge.writing import Problem

_DIGITS: Final = 9


async def show_list(call: Call) -> Answer:
    """`GET /entries`."""
    query, person = call.asked(EntryQuery), call.me.staff
    scope = person.departments or None
    if query.department:
        scope = (query.department,) if person.covers(query.department) else ()
    wanted = Wanted(
        states=(query.state,) if query.state else (),
        departments=scope,
        category=query.category,
        author=person.id if query.mine else "",
        text=query.q,
        review_by=beijing_day(call.now) if query.due else None,
        order="review" if query.due else query.order,
    )
    listing = await call.deps.editorial.find(wanted, page=query.page, now=call.now)
    return Answer(EntryPage.of(listing))


async def show_one(call: Call) -> Answer:
    """`GET /entries/{id}`."""
    return told(call, await wanted_dossier(call))


async def add(call: Call) -> Answer:
    """`POST /entries`: a new draft."""
    entry = call.sent(Content).into(Entry(desk.new_entry_id(), "", "", "", ""))
    await _check_content(call, entry, {entry.department})
    saved = await take(call, editorial.create(entry, call.me.staff.id, now=call.now))
    return told(call, saved, status=201, headers={"Location": f"{ROOT}/entries/{saved.id}"})


async def edit(call: Call) -> Answer:
    """`PUT /entries/{id}`: another content; what is published keeps answering."""
    order, dossier = call.sent(EditOrder), await wanted_dossier(call)
    entry = order.into(dossier.entry)
    await _check_content(call, entry, {entry.department, dossier.entry.department})
    check_version(call, dossier, order.version)
    try:
        step = editorial.edit(dossier, entry, call.me.staff.id, now=call.now)
    except EditorialError as error:
        raise refused(error) from None
    return told(call, await take(call, step))


async def show_revisions(call: Call) -> Answer:
    """`GET /entries/{id}/revisions`."""
    dossier, limit = await wanted_dossier(call), call.asked(RevisionQuery).limit
    found = await call.deps.editorial.revisions(dossier.id, limit=limit)
    return Answer(RevisionList(items=[RevisionSummary.model_validate(each) for each in found]))


async def show_revision(call: Call) -> Answer:
    """`GET /entries/{id}/revisions/{number}`."""
    dossier, text = await wanted_dossier(call), call.path["number"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
    revision = await call.deps.editorial.revision(dossier.id, number) if number else None
    if revision is None:
        raise missing("这个版本")
    return Answer(RevisionTold.of(revision))


async def wanted_dossier(call: Call) -> Dossier:
    """The dossier of the address, when it is in the owner's scope."""
    found = await call.deps.editorial.get(call.path["id"], now=call.now)
    if found is None:
        raise missing("这条问答")
    if not all(call.me.staff.covers(each) for each in found.departments):
        raise ProblemError(FORBIDDEN, "这条问答不归您的部门管。")
    return found


async def problems_of(call: Call, entry: Entry) -> list[Problem]:
    """What must be mended before the entry can be submitted."""
    return await desk.problems_of(entry, call.snapshot, call.deps.editorial, now=call.now)


async def _check_content(call: Call, entry: Entry, departments: Iterable[str]) -> None:
    if entry.department not in call.snapshot.departments:
        raise wrong_field("department", "没有这个部门，请从 /departments 里选。")
    for department in departments:
        call.demand("entries.write", department)
    if found := await problems_of(call, entry):
        errors = [FieldError(field=each.field, detail=each.text) for each in found]
        raise ProblemError(INVALID, f"有 {len(found)} 处要修改：{found[0].text}", errors=errors)


def check_version(call: Call, dossier: Dossier, given: int | None) -> None:
    """Refuse a change that rests on an older version than the one there is."""
    text = call.if_match.strip().removeprefix("W/").strip('"')
    if not text and given is None:
        raise ProblemError(NO_TOKEN, "请在 If-Match 里写明读到的 version，免得盖掉别人的修改。")
    wanted = text or str(given)
    if wanted != str(dossier.token) or given not in {None, dossier.token}:
        raise _changed()


async def take(call: Call, step: Step) -> Dossier:
    """Make a step true and tell the audit log of it."""
    try:
        saved = await call.deps.editorial.save(step)
    except EditCollisionError:
        raise _changed() from None
    before = desk.told_by_name(step.before.entry, call.snapshot) if step.before else {}
    after = {**desk.told_by_name(step.after.entry, call.snapshot), "token": call.me.token.name}
    event = audit_event(
        call.me.staff,
        f"entry.{step.revision.action}",
        f"entry:{step.after.id}",
        at=call.now,
        address=call.address,
        before=before,
        after=after,
    )
    await call.deps.audit.write(event)
    return saved


def told(call: Call, dossier: Dossier, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Answer with an entry, its version as ETag, and what may be done with it now."""
    actions = [each for each in allowed(dossier) if may_step(call, each, dossier)]
    tagged = {"ETag": f'"{dossier.token}"', **(headers or {})}
    return Answer(EntryTold.of(dossier, actions), status, tagged)


def may_step(call: Call, action: str, dossier: Dossier) -> bool:
    """Whether the token may take a step with this entry."""
    permission = ENTRY_STEPS.get(action)
    return permission is not None and call.me.may(permission, dossier.entry.department)


def refused(error: EditorialError) -> ProblemError:
    """What nobody may do now."""
    return ProblemError(CONFLICT, str(error), errors=[FieldError(field=error.reason, detail=str(error))])


def _changed() -> ProblemError:
    return ProblemError(CHANGED, "您读过以后，这一条又被改过，请重新读取、对照后再提交。")


ROUTES: Final = (
    Route(
        "GET",
        "/entries",
        "entries.read",
        show_list,
        "列出问答，每页 50 条",
        {200: EntryPage},
        query=EntryQuery,
    ),
    Route("POST", "/entries", "entries.write", add, "新建问答（草稿）", {201: EntryTold}, body=Content),
    Route("GET", "/entries/{id}", "entries.read", show_one, "查看一条问答", {200: EntryTold}),
    Route(
        "PUT",
        "/entries/{id}",
        "entries.write",
        edit,
        "修改问答；已发布的仍用原内容回答，直到新的发布",
        {200: EntryTold},
        body=EditOrder,
        versioned=True,
    ),
    Route(
        "GET",
        "/entries/{id}/revisions",
        "entries.read",
        show_revisions,
        "查看修改历史",
        {200: RevisionList},
        query=RevisionQuery,
    ),
    Route(
        "GET",
        "/entries/{id}/revisions/{number}",
        "entries.read",
        show_revision,
        "查看一个旧版本",
        {200: RevisionTold},
    ),
)
