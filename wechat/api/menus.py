"""Menus under the chat (自定义菜单, 个性化菜单): 1000 creations a day."""

from __future__ import annotations

from wechat.api_errors import RefusedError
from wechat.client import Client
from wechat.menu import Button, ConditionalMenu, Menu, from_platform, payload
from wechat.transport import required

NO_MENU = 46003


async def get(client: Client) -> Menu | None:
    """The menus that are in force; None when there are none."""
    try:
        return from_platform(await client.get("/cgi-bin/menu/get"))
    except RefusedError as error:
        if error.code == NO_MENU:
            return None
        raise


async def create(client: Client, buttons: tuple[Button, ...]) -> None:
    """Set the menu of everybody."""
    await client.post("/cgi-bin/menu/create", payload(buttons))


async def delete(client: Client) -> None:
    """Delete all menus, the conditional ones too."""
    await client.get("/cgi-bin/menu/delete")


async def add_conditional(client: Client, menu: ConditionalMenu) -> str:
    """Add a menu for people with a tag; the default one must be there. Returns the platform's number."""
    answer = await client.post("/cgi-bin/menu/addconditional", payload(menu.buttons, tag_id=menu.tag_id))
    return str(required(answer, "menuid"))


async def delete_conditional(client: Client, menu_id: str) -> None:
    """Delete one menu of a tag. They can't be changed, only deleted and added."""
    await client.post("/cgi-bin/menu/delconditional", {"menuid": menu_id})


async def try_match(client: Client, person: str) -> tuple[Button, ...]:
    """The menu that one person sees (openid or WeChat id)."""
    answer = await client.post("/cgi-bin/menu/trymatch", {"user_id": person})
    return from_platform({"menu": answer.get("menu") or answer}).buttons


async def push(client: Client, wanted: Menu) -> None:
    """Make the account's menus those of `wanted`: first the default one, then the conditional ones anew."""
    before = await get(client)
    await create(client, wanted.buttons)
    for old in before.conditional if before else ():
        await delete_conditional(client, old.menu_id)
    for new in wanted.conditional:
        await add_conditional(client, new)
