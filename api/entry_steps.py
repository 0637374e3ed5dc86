"""`POST /api/v1/entries/{id}/steps`: submit, approve, publish and so on, by the console's rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from api.entries import check_version, may_step, problems_of, refused, take, told, wanted_dossier
from api.entry_shapes import EntryTold, StepName, StepOrder
from api.problems import FORBIDDEN, INVALID, FieldError, ProblemError, wrong_field
from api.table import Answer, Call, Route, missing
from knowledge import editorial
from knowledge.dossiers import CHECKED, Dossier, EditorialError, Step

FARTHEST: Final = timedelta(days=3660)
"""A moment of publication farther away is a slip of the pen."""
MakeStep = Callable[[Call, Dossier, StepOrder], Awaitable[Step]]


async def take_step(call: Call) -> Answer:
    """`POST /entries/{id}/steps`."""
    order, dossier = call.sent(StepOrder), await wanted_dossier(call)
    if not may_step(call, order.action, dossier):
        raise ProblemError(FORBIDDEN, "您或这个令牌没有做这一步的权限。")
    check_version(call, dossier, order.version)
    if order.action in CHECKED and (found := await problems_of(call, dossier.entry)):
        errors = [FieldError(field=each.field, detail=each.text) for each in found]
        raise ProblemError(INVALID, f"还有 {len(found)} 处要修改：{found[0].text}", errors=errors)
    try:
        step = await STEPS[order.action](call, dossier, order)
    except EditorialError as error:
        raise refused(error) from None
    return told(call, await take(call, step))


def _plain(step: Callable[..., Step]) -> MakeStep:
    """A step that takes nothing but who and when."""

    async def make(call: Call, dossier: Dossier, _: StepOrder) -> Step:
        return step(dossier, call.me.staff.id, now=call.now)

    return make


def _noted(step: Callable[..., Step]) -> MakeStep:
    """A step with a note."""

    async def make(call: Call, dossier: Dossier, order: StepOrder) -> Step:
        return step(dossier, call.me.staff.id, now=call.now, note=order.note)

    return make


async def _schedule(call: Call, dossier: Dossier, order: StepOrder) -> Step:
    if order.at is None:
        raise wrong_field("at", "请写明什么时候发布。")
    if order.at - call.now > FARTHEST:
        raise wrong_field("at", "发布的时间太远了，请检查年份。")
    return editorial.schedule(dossier, call.me.staff.id, now=call.now, at=order.at)


async def _mark_reviewed(call: Call, dossier: Dossier, order: StepOrder) -> Step:
    if order.next_on is None:
        raise wrong_field("next_on", "请写明下次复核的日期。")
    return editorial.mark_reviewed(dossier, call.me.staff.id, now=call.now, next_on=order.next_on)


async def _restore(call: Call, dossier: Dossier, order: StepOrder) -> Step:
    if order.revision is None:
        raise wrong_field("revision", "请写明恢复到第几次改动之后。")
    revision = await call.deps.editorial.revision(dossier.id, order.revision)
    if revision is None:
        raise missing("这个版本")
    return editorial.restore(dossier, revision, call.me.staff.id, now=call.now)


STEPS: Final[Mapping[StepName, MakeStep]] = {
    "submit": _noted(editorial.submit),
    "recall": _plain(editorial.recall),
    "discard": _plain(editorial.discard),
    "request_changes": _noted(editorial.request_changes),
    "approve": _noted(editorial.approve),
    "confirm": _plain(editorial.confirm),
    "review": _mark_reviewed,
    "schedule": _schedule,
    "unschedule": _plain(editorial.unschedule),
    "publish": _plain(editorial.publish),
    "withdraw": _noted(editorial.withdraw),
    "restore": _restore,
}
ROUTES: Final = (
    Route(
        "POST",
        "/entries/{id}/steps",
        "entries.read",
        take_step,
        "做一步：提交审核、审核通过、退回、定时、发布、撤下等，各有各的权限",
        {200: EntryTold},
        body=StepOrder,
        versioned=True,
    ),
)
"""To read is enough to ask; each step has its own permission (`helpdesk.staff.ENTRY_STEPS`)."""
