"""The menu as the hall keeps it in its database, beside the one that WeChat shows; pushing makes them equal.

It is kept the way a menu file says it: our own pages as paths (`/guides`), so that the public address may
change. `wechat.menu.read_menu` checks it and puts the address before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wechat.menu import Button


@dataclass(frozen=True, slots=True)
class OwnMenu:
    """What was saved last."""

    buttons: tuple[Button, ...]
    revision: int = 0
    """Rises with each save. 0: nothing was ever saved."""


class MenuStore(Protocol):
    """Keeps one menu."""

    async def get(self) -> OwnMenu | None:
        """What was saved last; None when nothing was."""

    async def save(self, menu: OwnMenu) -> bool:
        """Store a changed menu; False when somebody else has saved one since (`revision`)."""


def document_of(buttons: Sequence[Button]) -> dict[str, Any]:
    """The menu as a file would say it, for `read_menu`."""
    return {"buttons": [_row(each) for each in buttons]}


def _row(button: Button) -> dict[str, Any]:
    if button.kind == "more":
        return {"name": button.name, "buttons": [_row(each) for each in button.buttons]}
    said = {"key": button.key, "url": button.url, "app_id": button.app_id, "page": button.page}
    kind = {} if button.kind in {"click", "view", "miniprogram"} else {"type": button.kind}
    return {"name": button.name, **kind, **{name: value for name, value in said.items() if value}}


def buttons_of(document: Any) -> tuple[Button, ...]:
    """The buttons of a file's menu as they stand there, unchecked: for a file that comes with the program."""
    return tuple(_button(row) for row in document["buttons"])


def _button(row: dict[str, Any]) -> Button:
    if "buttons" in row:
        return Button(row["name"], "more", buttons=tuple(_button(each) for each in row["buttons"]))
    kind = "miniprogram" if row.get("app_id") else "view" if row.get("url") else row.get("type", "click")
    return Button(
        row["name"],
        kind,
        row.get("key", ""),
        row.get("url", ""),
        row.get("app_id", ""),
        row.get("page", ""),
    )
