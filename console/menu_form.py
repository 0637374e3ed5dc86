"""The form of the menu: three columns, up to five buttons below each; from and to what is kept. Pure.

Fields: `name-1`, `kind-1`, `target-1` for the first button, `name-1-3` and so on for the third below it.
A clerk chooses what a button does and names its target in words; the key that WeChat sends is made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from knowledge.snapshot import Snapshot
from rendering.forms import Form
from wechat.menu import (
    ADDRESS_BYTES,
    KEY_KINDS,
    MOST_BELOW,
    MOST_BUTTONS,
    NAME_BYTES,
    NAME_BYTES_BELOW,
    Button,
)

KINDS: Final[Mapping[str, str]] = {
    "": "（没有这个按钮）",
    "qa": "回答一个问题",
    "guide": "打开办事指南",
    "dept": "介绍一个部门",
    "help": "怎么提问（帮助）",
    "hours": "地址和上班时间",
    "guides": "全部办事指南",
    "human": "转人工",
    "url": "打开网页",
    "mini": "打开小程序",
}
MORE: Final = "more"
TOP_KINDS: Final[Mapping[str, str]] = {**KINDS, MORE: "展开下面的按钮"}
TARGETED: Final = {"qa": "问题", "guide": "指南", "dept": "部门"}
"""Kinds that open something of the knowledge base, and what it is called."""
_FIXED: Final = frozenset({"help", "hours", "guides", "human"})
_KEPT: Final = "kept"
"""A button that this form doesn't know: it stays as it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """One button's place in the form."""

    top: int
    below: int = 0

    @property
    def suffix(self) -> str:
        """What its fields end with."""
        return f"{self.top}-{self.below}" if self.below else f"{self.top}"

    def __str__(self) -> str:
        return f"第 {self.top} 列" + (f"第 {self.below} 个" if self.below else "")


def places() -> Iterator[tuple[Place, tuple[Place, ...]]]:
    """All places, column by column."""
    for top in range(1, MOST_BUTTONS + 1):
        yield Place(top), tuple(Place(top, below) for below in range(1, MOST_BELOW + 1))


def values_of(buttons: tuple[Button, ...], snapshot: Snapshot | None) -> dict[str, str]:
    """The form's values for a menu."""
    values: dict[str, str] = {}
    for top, button in enumerate(buttons, start=1):
        values |= _values(Place(top), button, snapshot)
        for below, each in enumerate(button.buttons, start=1):
            values |= _values(Place(top, below), each, snapshot)
    return values


def _values(place: Place, button: Button, snapshot: Snapshot | None) -> dict[str, str]:
    kind, target = _kind_of(button)
    if kind in TARGETED and snapshot is not None:
        target = _titles(kind, snapshot).get(target, target)
    return {
        f"name-{place.suffix}": button.name,
        f"kind-{place.suffix}": kind,
        f"target-{place.suffix}": target,
    }


def _kind_of(button: Button) -> tuple[str, str]:
    if button.kind == MORE:
        return MORE, ""
    if button.kind == "view":
        return "url", button.url
    if button.kind == "miniprogram":
        return "mini", f"{button.app_id} {button.page} {button.url}"
    kind, _, name = button.key.partition(".")
    if button.kind == "click" and (button.key in _FIXED or kind in TARGETED):
        return (button.key, "") if button.key in _FIXED else (kind, name)
    return _KEPT, f"{button.kind} {button.key}"


def _titles(kind: str, snapshot: Snapshot) -> dict[str, str]:
    """What can be opened: id → title."""
    if kind == "qa":
        return {entry.id: entry.question for entry in snapshot.entries.values()}
    if kind == "guide":
        return {guide.id: guide.title for guide in snapshot.guides.values()}
    return {each.id: each.name for each in snapshot.departments.values()}


def read(form: Form, snapshot: Snapshot | None) -> tuple[Button, ...]:
    """The menu out of the form; what is wrong is noted beside its field."""
    found = []
    for place, below in places():
        kind = form.value(f"kind-{place.suffix}")
        row = tuple(filter(None, (_button(form, each, snapshot) for each in below)))
        if kind != MORE:
            if row and kind:
                form.problems[f"kind-{place.suffix}"] = "下面有按钮，这里请选“展开下面的按钮”"
            elif row:
                form.problems[f"kind-{place.suffix}"] = "下面有按钮，请给这一列起名，并选“展开下面的按钮”"
            button = _button(form, place, snapshot)
        else:
            if not row:
                form.problems.setdefault(f"kind-{place.suffix}", "下面至少要有一个按钮")
            button = Button(_name(form, place), MORE, buttons=row)
        if button is not None:
            found.append(button)
    if not found and not form.problems:
        form.problems[""] = "菜单里至少要有一个按钮。"
    return tuple(found)


def _name(form: Form, place: Place) -> str:
    field = f"name-{place.suffix}"
    name = form.text(field, "名称", most=60)
    most = NAME_BYTES_BELOW if place.below else NAME_BYTES
    size = len(name.encode())
    if size > most and field not in form.problems:
        form.problems[field] = f"最多 {most // 3} 个汉字（{most} 字节），现在有 {size} 字节"
    return name


def _button(form: Form, place: Place, snapshot: Snapshot | None) -> Button | None:
    suffix = place.suffix
    kind = form.value(f"kind-{suffix}")
    if not kind:
        if form.value(f"name-{suffix}").strip() or form.value(f"target-{suffix}").strip():
            form.problems[f"kind-{suffix}"] = "请选择点了做什么，或者把名称清空"
        return None
    name, field = _name(form, place), f"target-{suffix}"
    target = form.text(field, "内容", most=ADDRESS_BYTES, needed=kind not in _FIXED)
    return Button(name) if field in form.problems else _aimed(form, suffix, Button(name), target, snapshot)


def _aimed(form: Form, suffix: str, button: Button, target: str, snapshot: Snapshot | None) -> Button:
    """The button with what it does."""
    kind, field = form.value(f"kind-{suffix}"), f"target-{suffix}"
    if kind in _FIXED:
        return replace(button, key=kind)
    if kind in TARGETED:
        return replace(button, key=f"{kind}.{_resolved(form, field, kind, target, snapshot)}")
    if kind == "url":
        return replace(button, kind="view", url=_address(form, field, target))
    if kind == "mini":
        return _mini(form, field, button, target)
    way, _, key = target.partition(" ")
    if kind != _KEPT or way not in KEY_KINDS:
        form.problems[f"kind-{suffix}"] = "请选择点了做什么"
    return replace(button, kind=way, key=key)


def _resolved(form: Form, field: str, kind: str, said: str, snapshot: Snapshot | None) -> str:
    """The id of what was named by its id, its title, or a part of its title that no other has."""
    titles = _titles(kind, snapshot) if snapshot else {}
    if said in titles:
        return said
    exact = [each for each, title in titles.items() if title == said]
    partly = exact or [each for each, title in titles.items() if said in title]
    if len(partly) == 1:
        return partly[0]
    what = TARGETED[kind]
    form.problems[field] = (
        f"有 {len(partly)} 个{what}含有这几个字，请写全" if partly else f"没有这个{what}，请写标题的原文"
    )
    return ""


def _address(form: Form, field: str, said: str) -> str:
    own = said.startswith("/") and not said.startswith("//")
    if not (own or said.startswith("https://")) or any(each.isspace() for each in said):
        form.problems[field] = "网址要以 https:// 开头；本厅自己的页面以 / 开头，例如 /guides"
    elif len(said.encode()) > ADDRESS_BYTES:
        form.problems[field] = f"网址太长，最多 {ADDRESS_BYTES} 字节"
    return said


def _mini(form: Form, field: str, button: Button, said: str) -> Button:
    app_id, _, rest = said.partition(" ")
    page, _, url = rest.strip().partition(" ")
    if not (app_id.startswith("wx") and page and url.strip()):
        form.problems[field] = (
            "请写：小程序编号 页面路径 备用网址，用空格隔开，例如 wx12… pages/index https://…"
        )
        return button
    url = _address(form, field, url.strip())
    return replace(button, kind="miniprogram", url=url, app_id=app_id, page=page)
