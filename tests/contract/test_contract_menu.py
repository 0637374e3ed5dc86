from __future__ import annotations

import asyncio
from dataclasses import replace

from storage.stores import Stores
from wechat.menu import Button, read_menu
from wechat.own_menu import OwnMenu, buttons_of, document_of

MENU = OwnMenu((
    Button("办事", "more", buttons=(Button("指南", "view", url="/guides"), Button("社保卡", key="qa.card"))),
    Button("程序", "miniprogram", url="https://a.example", app_id="wx1", page="pages/index"),
    Button("扫", "scancode_push", key="scan"),
))  # fmt: skip


async def test_a_menu_is_read_back_as_it_was_saved(stores: Stores) -> None:
    assert await stores.menu.get() is None
    assert await stores.menu.save(MENU)
    assert await stores.menu.get() == replace(MENU, revision=1)


async def test_who_has_not_seen_the_newest_menu_changes_nothing(stores: Stores) -> None:
    both = await asyncio.gather(*(stores.menu.save(OwnMenu((Button(n, key="help"),))) for n in "甲乙"))
    assert sorted(both) == [False, True]
    newest = await stores.menu.get()
    assert newest is not None
    assert await stores.menu.save(replace(newest, buttons=MENU.buttons))
    assert not await stores.menu.save(newest), "seen before the change"
    assert not await stores.menu.save(MENU)
    assert await stores.menu.get() == OwnMenu(MENU.buttons, 2)


def test_a_menu_becomes_a_file_s_menu_and_back() -> None:
    document = document_of(MENU.buttons)
    assert buttons_of(document) == MENU.buttons
    checked = read_menu(document, base_url="https://hall.example").buttons
    assert checked[0].buttons[0].url == "https://hall.example/guides"
    assert checked[1:] == MENU.buttons[1:]
