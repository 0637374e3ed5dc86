"""The menu of the official account: edited as a form, shown as in WeChat; pushing it stays a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import yaml
from aiohttp import web

from console import menu_form
from console.hall_edit import CONFLICT, MEANWHILE, Difference, Told, differing, mark_of, the_hall
from console.menu_form import KINDS, TARGETED, TOP_KINDS, Place
from console.visit import UNPROCESSABLE, Page, Visit
from knowledge.files import SAMPLE_FOLDER
from knowledge.snapshot import Snapshot
from rendering.forms import Form
from wechat.menu import Button, Menu, MenuError, lines, read_menu
from wechat.own_menu import OwnMenu, buttons_of, document_of

SUGGESTED: Final = (
    Button("我要办事", "more", buttons=(Button("全部办事指南", "view", url="/guides"),)),
    Button("问一问", "more", buttons=(Button("怎么提问", key="help"), Button("地址和上班时间", key="hours"))),
    Button("人工服务", key="human"),
)
"""What a hall begins with that has no menu yet; the sample hall begins with its file."""
SHOWN_ABOVE: Final = 4
SHOWN_BELOW: Final = 8
"""Characters of a name that WeChat shows."""
_MOST_OFFERED: Final = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the form, and of the picture of the phone."""

    place: Place
    below: tuple[Place, ...]
    name: str
    names: tuple[str, ...]
    open: bool
    """Whether the buttons below are shown: there are some, or something is wrong with them."""


async def show_menu(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall/menu`."""
    kept = await visit.deps.menu.get()
    buttons = kept.buttons if kept else await _suggested(visit)
    form = Form.filled(**menu_form.values_of(buttons, visit.deps.snapshots.current))
    return _page(visit, form, kept)


async def _suggested(visit: Visit) -> tuple[Button, ...]:
    if not (await the_hall(visit)).sample:
        return SUGGESTED
    return buttons_of(yaml.safe_load((SAMPLE_FOLDER / "menu.yaml").read_text(encoding="utf-8")))


def _told(kept: OwnMenu | None) -> Told:
    return {"menu": tuple(lines(Menu(kept.buttons))) if kept else ()}


def _page(
    visit: Visit, form: Form, kept: OwnMenu | None, *, status: int = 200, **values: Any
) -> web.Response:
    seen = form.value("seen") if status == UNPROCESSABLE else mark_of(_told(kept))
    return visit.page(
        "hall_menu.html",
        status=status,
        form=form,
        seen=seen,
        kept=kept is not None,
        columns=[_column(form, place, below) for place, below in menu_form.places()],
        top_kinds=TOP_KINDS.items(),
        kinds=KINDS.items(),
        targets=_offered(visit.deps.snapshots.current),
        shown_above=SHOWN_ABOVE,
        shown_below=SHOWN_BELOW,
        **{"differences": (), **values},
    )


def _column(form: Form, place: Place, below: tuple[Place, ...]) -> Column:
    used = [each for each in below if form.value(f"kind-{each.suffix}")]
    fields = [f"{field}-{each.suffix}" for each in below for field in ("name", "kind", "target")]
    names = tuple(form.value(f"name-{each.suffix}") for each in used)
    more = form.value(f"kind-{place.suffix}") == menu_form.MORE
    name = form.value(f"name-{place.suffix}")
    shown = bool(used) or more or any(map(form.problem, fields))
    return Column(place, below, name, names if more else (), shown)


def _offered(snapshot: Snapshot | None) -> list[tuple[str, str]]:
    """What targets can be chosen from while typing: (title, what it is)."""
    if snapshot is None:
        return []
    live = [e.question for e in snapshot.entries.values() if e.answers_on(snapshot.today)]
    found = {
        "dept": [each.name for each in snapshot.departments.values()],
        "guide": [each.title for each in snapshot.guides.values()],
        "qa": live,
    }
    return [(title, TARGETED[kind]) for kind, titles in found.items() for title in titles][:_MOST_OFFERED]


async def change_menu(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall/menu`."""
    form, kept = await visit.form(), await visit.deps.menu.get()
    buttons = menu_form.read(form, visit.deps.snapshots.current)
    if not form.problems:
        try:
            read_menu(document_of(buttons), base_url=visit.deps.public_url)
        except MenuError as error:  # the form checks the same; this is what WeChat would refuse all the same
            form.problems[""] = f"微信不会接受这个菜单：{error}"
    if form.problems:
        return _page(visit, form, kept, status=UNPROCESSABLE)
    before, after = _told(kept), _told(OwnMenu(buttons))
    if kept is not None and kept.buttons == buttons:
        return visit.go("/hall/menu", done="menu_saved")
    revision = kept.revision if kept else 0
    if mark_of(before) != form.value("seen") or not await visit.deps.menu.save(OwnMenu(buttons, revision)):
        form.problems[""] = MEANWHILE
        newest = await visit.deps.menu.get()
        rows = tuple(Difference(*row) for row in differing(_told(newest), after))
        return _page(visit, form, newest, status=CONFLICT, differences=rows)
    ((_, old, new),) = differing(before, after)
    await visit.note("hall.menu", "hall:menu", before={"menu": old}, after={"menu": new})
    return visit.go("/hall/menu", done="menu_saved")


PAGES: Final = (
    Page("GET", "/hall/menu", "hall.write", show_menu, "hall"),
    Page("POST", "/hall/menu", "hall.write", change_menu, "hall"),
)
