"""The menu under the chat: what may stand in it, the platform's form of it, and how two of them differ.

Source: 自定义菜单 · 创建接口 and 个性化菜单接口. Three buttons, each with up to five below it; names of at
most 16 bytes above and 60 below (four and eight 汉字 are shown); keys of at most 128 bytes, addresses of at
most 1024.
Clients show a new menu after about five minutes.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

MOST_BUTTONS: Final = 3
MOST_BELOW: Final = 5
NAME_BYTES: Final = 16
NAME_BYTES_BELOW: Final = 60
KEY_BYTES: Final = 128
ADDRESS_BYTES: Final = 1024
KEY_KINDS: Final = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
_FIELDS: Final = frozenset({"name", "key", "url", "page", "app_id", "type", "buttons"})
_MENU_FIELDS: Final = frozenset({"buttons", "conditional"})


class MenuError(Exception):
    """The menu can't be used as it is; one line for each mistake, with the place it is in."""


@dataclass(frozen=True, slots=True)
class Button:
    """One button: it sends a key, opens an address or a mini-program page, or shows more buttons."""

    name: str
    kind: str = "click"
    """A name of `KEY_KINDS`, `view`, `miniprogram`, or `more`."""
    key: str = ""
    url: str = ""
    """For a mini-program: where old clients go instead."""
    app_id: str = ""
    page: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionalMenu:
    """A menu for people with one tag."""

    tag_id: str
    buttons: tuple[Button, ...]
    menu_id: str = ""
    """The platform's number of it, when it came from there."""


@dataclass(frozen=True, slots=True)
class Menu:
    """The menu of everybody, and those of some."""

    buttons: tuple[Button, ...]
    conditional: tuple[ConditionalMenu, ...] = ()


def read_menu(document: object, *, base_url: str = "") -> Menu:
    """Check a menu as it stands in a file. Addresses that begin with `/` are ours. Raises `MenuError`."""
    problems: list[str] = []
    if not isinstance(document, Mapping):
        raise MenuError("the file must hold `buttons:` with a list")
    problems += [f"no such field: {name}" for name in document if name not in _MENU_FIELDS]
    reader = _Reader(base_url, problems)
    buttons = reader.row(document.get("buttons"), "buttons", most=MOST_BUTTONS, below=False)
    extra = document.get("conditional") or []
    conditional = []
    for number, each in enumerate(extra if isinstance(extra, Sequence) else [], start=1):
        place = f"conditional {number}"
        if not isinstance(each, Mapping) or not each.get("tag_id"):
            problems.append(f"{place}: needs `tag_id` and `buttons`")
            continue
        row = reader.row(each.get("buttons"), place, most=MOST_BUTTONS, below=False)
        conditional.append(ConditionalMenu(str(each["tag_id"]), row))
    if problems:
        raise MenuError("\n".join(problems))
    return Menu(buttons, tuple(conditional))


@dataclass(frozen=True, slots=True)
class _Reader:
    base_url: str
    problems: list[str]

    def row(self, rows: object, place: str, *, most: int, below: bool) -> tuple[Button, ...]:
        if not isinstance(rows, Sequence) or isinstance(rows, str) or not 1 <= len(rows) <= most:
            self.problems.append(f"{place}: 1 to {most} buttons are possible")
            return ()
        return tuple(
            button
            for number, each in enumerate(rows, start=1)
            if (button := self._button(each, f"{place}, number {number}", below=below)) is not None
        )

    def _button(self, row: object, place: str, *, below: bool) -> Button | None:
        if not isinstance(row, Mapping):
            self.problems.append(f"{place}: must have `name` and `key`, `url`, `page` or `buttons`")
            return None
        name = str(row.get("name") or "").strip()
        place = f"{place} ({name or 'no name'})"
        self._say(place, _name_problems(name, below=below))
        self._say(place, (f"no such field: {each}" for each in row if each not in _FIELDS))
        if row.get("buttons") is not None:
            if below:
                self._say(place, ["only two levels are possible"])
                return None
            return Button(name, "more", buttons=self.row(row["buttons"], place, most=MOST_BELOW, below=True))
        return self._leaf(row, name, place)

    def _leaf(self, row: Mapping[Any, Any], name: str, place: str) -> Button:
        key, url = str(row.get("key") or ""), str(row.get("url") or "")
        page, app_id = str(row.get("page") or ""), str(row.get("app_id") or "")
        url = urljoin(self.base_url + "/", url) if url.startswith("/") else url
        kind = "miniprogram" if page or app_id else "view" if url else str(row.get("type") or "click")
        self._say(place, _leaf_problems(Button(name, kind, key, url, app_id, page)))
        return Button(name, kind, key, url, app_id, page)

    def _say(self, place: str, problems: Sequence[str] | Iterator[str]) -> None:
        self.problems.extend(f"{place}: {each}" for each in problems)


def _name_problems(name: str, *, below: bool) -> Iterator[str]:
    longest = NAME_BYTES_BELOW if below else NAME_BYTES
    if not 1 <= len(name.encode()) <= longest:
        yield f"a name has 1 to {longest} bytes here (a 汉字 has 3); this one has {len(name.encode())}"


def _leaf_problems(button: Button) -> Iterator[str]:
    if button.kind == "miniprogram":
        if not (button.page and button.app_id and button.url and not button.key):
            yield "a mini-program button needs `app_id`, `page` and `url` (for old clients), and no `key`"
    elif button.kind == "view":
        if button.key:
            yield "has both `key` and `url`; one is possible"
    elif button.kind not in KEY_KINDS:
        yield f"`type` can be {', '.join(KEY_KINDS)}"
    elif not 1 <= len(button.key.encode()) <= KEY_BYTES:
        yield f"needs `key` (1 to {KEY_BYTES} bytes), `url`, `page` or `buttons`"
    if button.url and not button.url.startswith(("https://", "http://")):
        yield "an address begins with https://, or with / for our own pages (BOT_PUBLIC_URL)"
    if len(button.url.encode()) > ADDRESS_BYTES:
        yield f"an address has at most {ADDRESS_BYTES} bytes"


def payload(buttons: Sequence[Button], *, tag_id: str = "") -> dict[str, Any]:
    """The body of `menu/create`, or of `menu/addconditional` with a tag."""
    body: dict[str, Any] = {"button": [_as_object(button) for button in buttons]}
    if tag_id:
        body["matchrule"] = {"tag_id": tag_id}
    return body


def _as_object(button: Button) -> dict[str, Any]:
    match button.kind:
        case "more":
            return {"name": button.name, "sub_button": [_as_object(each) for each in button.buttons]}
        case "view":
            return {"type": "view", "name": button.name, "url": button.url}
        case "miniprogram":
            said = {"appid": button.app_id, "pagepath": button.page, "url": button.url}
            return {"type": "miniprogram", "name": button.name, **said}
        case kind:
            return {"type": kind, "name": button.name, "key": button.key}


def from_platform(answer: Mapping[str, Any]) -> Menu:
    """The menu as `menu/get` shows it."""
    default = answer.get("menu") or {}
    conditional = tuple(
        ConditionalMenu(
            str((each.get("matchrule") or {}).get("tag_id") or (each.get("matchrule") or {}).get("group_id")),
            _row(each.get("button")),
            str(each.get("menuid", "")),
        )
        for each in answer.get("conditionalmenu") or []
    )
    return Menu(_row(default.get("button")), conditional)


def _row(rows: Any) -> tuple[Button, ...]:
    return tuple(_from_object(each) for each in rows or [])


def _from_object(row: Mapping[str, Any]) -> Button:
    below = row.get("sub_button") or []
    if isinstance(below, Mapping):  # older answers wrap the list
        below = below.get("list") or []
    if below:
        return Button(str(row["name"]), "more", buttons=_row(below))
    return Button(
        str(row["name"]),
        str(row.get("type", "click")),
        str(row.get("key", "")),
        str(row.get("url", "")),
        str(row.get("appid", "")),
        str(row.get("pagepath", "")),
    )


def lines(menu: Menu) -> list[str]:
    """The menu as people read it, one button a line."""
    shown = [*_lines(menu.buttons, "")]
    for each in menu.conditional:
        shown += [f"标签 {each.tag_id}：", *_lines(each.buttons, "  ")]
    return shown


def _lines(buttons: Sequence[Button], indent: str) -> Iterator[str]:
    for button in buttons:
        goal = {"view": button.url, "miniprogram": f"小程序 {button.app_id} {button.page}", "more": ""}.get(
            button.kind, button.key if button.kind == "click" else f"{button.kind} {button.key}"
        )
        yield f"{indent}{button.name}" + (f" → {goal}" if goal else "")
        yield from _lines(button.buttons, indent + "  ")


def difference(now: Menu, wanted: Menu) -> list[str]:
    """What would change, as lines that begin with `+`, `-` or a space; empty when nothing would."""
    if payload_of(now) == payload_of(wanted):
        return []
    return [line for line in difflib.ndiff(lines(now), lines(wanted)) if not line.startswith("?")]


def payload_of(menu: Menu) -> str:
    """All of a menu in one comparable text."""
    rows = [payload(menu.buttons), *(payload(each.buttons, tag_id=each.tag_id) for each in menu.conditional)]
    return json.dumps(rows, ensure_ascii=False, sort_keys=True)
