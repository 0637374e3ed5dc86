"""`python -m bot staff`: accounts of the console, for the operator at the keyboard of the server."""

from __future__ import annotations

import click

from bot import serving, staffing
from bot.app import utc_now
from bot.terminal import fail, run, settings_or_fail
from helpdesk.passwords import first_password
from helpdesk.staff import ROLE_NAMES, Role, Staff
from settings import Settings


@click.group()
def staff() -> None:
    """List, add and reset accounts of the console."""


@staff.command(name="list")
def list_() -> None:
    """Print all accounts."""
    for person in run(_everyone(settings_or_fail())):
        roles = "、".join(ROLE_NAMES[role] for role in person.roles)
        state = "停用" if person.disabled else "待首次登录" if person.must_change else "正常"
        click.echo(f"{person.login}\t{person.name}\t{roles}\t{state}")


@staff.command()
@click.argument("login")
@click.option("--name", required=True, help="Name as colleagues know it.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(list(ROLE_NAMES)),
    help="May be repeated.",
)
def add(login: str, name: str, roles: tuple[Role, ...]) -> None:
    """Make an account and print its first password."""
    password = first_password()
    if not run(_add(settings_or_fail(), login.lower(), name, roles, password)):
        fail(f"the login {login} is taken; choose another one, or run `python -m bot staff reset {login}`")
    click.echo(f"{login.lower()}  first password: {password}  (must be changed at the first sign-in)")


@staff.command()
@click.argument("login")
def reset(login: str) -> None:
    """Give an account a new first password; enables it and takes its second factor away."""
    password = run(_reset(settings_or_fail(), login.lower()))
    if password is None:
        fail(f"there is no account {login}; `python -m bot staff list` shows all")
    click.echo(f"{login.lower()}  first password: {password}  (must be changed at the first sign-in)")


async def _everyone(settings: Settings) -> tuple[Staff, ...]:
    async with serving.opened(settings) as stores:
        return await stores.staff.everyone()


async def _add(settings: Settings, login: str, name: str, roles: tuple[Role, ...], password: str) -> bool:
    async with serving.opened(settings) as stores:
        return await staffing.add_account(stores.staff, login, name, roles, password, utc_now())


async def _reset(settings: Settings, login: str) -> str | None:
    async with serving.opened(settings) as stores:
        return await staffing.reset_account(stores.staff, login)
