"""The hall itself: name, place, hours, and how sure an answer must be."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from console.hall_edit import CONFLICT, Difference, Part, Told, marked, save, the_hall
from console.visit import UNPROCESSABLE, Page, Visit
from knowledge.hall import Hall
from rendering.forms import Form

_DIGITS: Final = re.compile(r"[0-9０-９]")
_LEAST_DIGITS: Final = 3
PERCENT: Final = 100


def _told(hall: Hall) -> Told:
    return {
        "hall_name": hall.name,
        "address": hall.address,
        "phone": hall.phone,
        "hours": hall.hours,
        "sample": "是" if hall.sample else "否",
        "notice": hall.notice,
        "answer_at": _percent(hall.answer_at),
        "ask_at": _percent(hall.ask_at),
    }


PART: Final = Part("hall.change", "hall", _told)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * PERCENT:.0f}"


def _share(percent: int | None, before: float | None) -> float | None:
    """A threshold out of a form; one that was not touched keeps its exact value."""
    if percent is None:
        return None
    return before if before is not None and _percent(before) == str(percent) else percent / PERCENT


async def show_hall(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall`."""
    hall = await the_hall(visit)
    form = Form.filled(
        name=hall.name,
        address=hall.address,
        phone=hall.phone,
        hours=hall.hours,
        notice=hall.notice,
        answer_at=_percent(hall.answer_at),
        ask_at=_percent(hall.ask_at),
        sample="1" if hall.sample else "",
    )
    return _page(visit, hall, form)


def _page(
    visit: Visit, hall: Hall, form: Form, *, status: int = 200, differences: tuple[Difference, ...] = ()
) -> web.Response:
    snapshot = visit.deps.snapshots.current
    weights = snapshot.index.weights if snapshot else None
    return visit.page(
        "hall.html",
        status=status,
        form=form,
        seen=marked(form, _told(hall), status),
        differences=differences,
        answer_at=_percent(weights.answer_at if weights else None),
        ask_at=_percent(weights.ask_at if weights else None),
    )


async def change_hall(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall`."""
    form = await visit.form()
    read = _read(form)
    if form.problems:
        return _page(visit, await the_hall(visit), form, status=UNPROCESSABLE)
    differences = await save(visit, form, PART, lambda hall: _changed(hall, read))
    if differences:
        return _page(visit, await the_hall(visit), form, status=CONFLICT, differences=differences)
    return visit.go("/hall", done="hall_saved")


def _read(form: Form) -> dict[str, Any]:
    read: dict[str, Any] = {
        "name": form.text("name", "大厅名称", most=40),
        "address": form.text("address", "地址", most=100),
        "phone": form.text("phone", "电话", most=40),
        "hours": form.text("hours", "上班时间", most=120),
        "sample": form.ticked("sample"),
        "notice": form.text("notice", "公告", most=60, needed=False),
        "answer_at": form.number("answer_at", "直接回答的把握", least=0, most=PERCENT),
        "ask_at": form.number("ask_at", "反问的把握", least=0, most=PERCENT),
    }
    check_phone(form, "phone")
    answer_at, ask_at = read["answer_at"], read["ask_at"]
    if answer_at is not None and ask_at is not None and ask_at > answer_at:
        form.problems["ask_at"] = f"反问的把握不能高于直接回答的把握（{answer_at}%）"
    return read


def check_phone(form: Form, name: str) -> None:
    """Say so when what was typed can be no phone number; free in form, because halls write them their way."""
    value = form.value(name)
    if name not in form.problems and value and len(_DIGITS.findall(value)) < _LEAST_DIGITS:
        form.problems[name] = "电话里要有号码，例如 0710-1234567"


def _changed(hall: Hall, read: dict[str, Any]) -> Hall:
    shares = {name: _share(read[name], getattr(hall, name)) for name in ("answer_at", "ask_at")}
    return replace(hall, **{**read, **shares})


PAGES: Final = (
    Page("GET", "/hall", "hall.write", show_hall, "hall"),
    Page("POST", "/hall", "hall.write", change_hall, "hall"),
)
