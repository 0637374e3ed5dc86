"""`python -m bot menu` and `python -m bot qr`: the account's menu and its scene codes, from files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click
import yaml

from bot.app import api_clients, public_url, utc_now
from bot.serving import opened
from bot.terminal import FILE, fail, run, settings_or_fail
from settings import Settings
from wechat import menu as rules
from wechat.api import codes, menus
from wechat.client import Client
from wechat.menu import Menu, MenuError, read_menu
from wechat.own_menu import document_of

DAY_SECONDS: Final = 86_400
LONGEST_DAYS: Final = 30
EMPTY: Final = Menu(())


@click.group()
def menu() -> None:
    """Show and change the menu of the official account."""


@menu.command()
def show() -> None:
    """Show the menu that is in force."""
    now = run(_current(settings_or_fail()))
    click.echo("\n".join(rules.lines(now)) if now else "the account has no menu")


@menu.command()
@click.argument("file", type=FILE, required=False)
def diff(file: Path | None) -> None:
    """Say what pushing FILE, or else the console's menu, would change. Exit code 1 when something would."""
    settings = settings_or_fail()
    lines = run(_difference(settings, file))
    click.echo("\n".join(lines) if lines else "no difference")
    if lines:
        raise click.exceptions.Exit(1)


@menu.command()
@click.argument("file", type=FILE, required=False)
def push(file: Path | None) -> None:
    """Make the menu of FILE (YAML) the account's menu. WeChat shows it after about five minutes.

    Without FILE: the menu that was saved in the console; menus for people with a tag stay as they are.
    """
    settings = settings_or_fail()
    lines = run(_push(settings, file))
    click.echo("\n".join(lines) if lines else "no difference; nothing was pushed")
    if lines:
        click.echo("pushed; phones show it after about five minutes, or at once after following anew")


@click.group()
def qr() -> None:
    """Make QR codes that open an answer, a guide or a department."""


@qr.command()
@click.argument("code")
@click.option("--permanent", is_flag=True, help="Never ends; an account has 100,000 of these for ever.")
@click.option(
    "--days", type=click.IntRange(1, LONGEST_DAYS), default=LONGEST_DAYS, show_default=True, help="Life."
)
@click.option("--out", type=FILE, help="Save the platform's picture (JPEG) here.")
def create(code: str, days: int, out: Path | None, *, permanent: bool) -> None:
    """Make a code for CODE, such as `qa.ENTRY`, `guide.GUIDE`, `g_GUIDE` or `dept.DEPARTMENT`."""
    lifetime = None if permanent else days * DAY_SECONDS
    made = run(_create_qr(settings_or_fail(), code, lifetime, with_picture=out is not None))
    if out is not None:
        out.write_bytes(made.picture)
    click.echo(f"{code}  {'permanent' if permanent else f'{days} days'}")
    click.echo(f"picture  {out or made.picture_address}")
    click.echo(f"content  {made.content}")


@asynccontextmanager
async def official(settings: Settings) -> AsyncIterator[Client]:
    """The API of the official account; it shares its token with the running program."""
    async with opened(settings) as stores:
        clients = api_clients(settings, stores, "", utc_now)
        client = clients.get("official")
        if client is None:
            fail("set BOT_WECHAT_APP_ID and BOT_WECHAT_APP_SECRET first; they name the account to change")
        try:
            yield client
        finally:
            for each in clients.values():
                await each.close()


def menu_of(path: Path, settings: Settings) -> Menu:
    """Read and check a menu file. Raises `MenuError`."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise MenuError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    try:
        return read_menu(document, base_url=public_url(settings))
    except MenuError as error:
        raise MenuError(f"{path}:\n{error}") from None


async def _current(settings: Settings) -> Menu | None:
    async with official(settings) as client:
        return await menus.get(client)


async def own_menu(settings: Settings) -> Menu:
    """Read and check the menu that is kept in the console. Raises `MenuError`."""
    async with opened(settings) as stores:
        kept = await stores.menu.get()
    if kept is None:
        raise MenuError("no menu was saved in the console yet (/console/hall/menu); or name a FILE")
    return read_menu(document_of(kept.buttons), base_url=public_url(settings))


async def _difference(settings: Settings, path: Path | None) -> list[str]:
    wanted = menu_of(path, settings) if path else await own_menu(settings)
    async with official(settings) as client:
        now = await menus.get(client) or EMPTY
        return rules.difference(now, wanted if path else replace(wanted, conditional=now.conditional))


async def _push(settings: Settings, path: Path | None) -> list[str]:
    wanted = menu_of(path, settings) if path else await own_menu(settings)
    async with official(settings) as client:
        now = await menus.get(client) or EMPTY
        wanted = wanted if path else replace(wanted, conditional=now.conditional)
        lines = rules.difference(now, wanted)
        if lines:
            await menus.push(client, wanted)
        return lines


@dataclass(frozen=True, slots=True)
class Made:
    """A code that was made."""

    content: str
    picture_address: str
    picture: bytes


async def _create_qr(settings: Settings, code: str, lifetime: int | None, *, with_picture: bool) -> Made:
    if not 1 <= len(code) <= codes.LONGEST_SCENE:
        fail(f"a code has 1 to {codes.LONGEST_SCENE} characters")
    async with official(settings) as client:
        made = await codes.create_qr(client, code, lifetime_seconds=lifetime)
        picture = (await codes.picture(client, made.ticket)).content if with_picture else b""
        return Made(made.address, codes.picture_address(client, made.ticket), picture)
