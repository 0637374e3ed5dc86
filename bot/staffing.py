"""The first account of the console, and accounts by hand for operators who have locked themselves out."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime
from typing import Final

from helpdesk.passwords import first_password, hash_password
from helpdesk.staff import Role, Staff, StaffStore

ADMIN: Final = "admin"


async def first_admin(store: StaffStore, password: str, now: datetime) -> str | None:
    """Make the account `admin` when there is no account at all; returns its password, None: there is one.

    `password` is the configured one (BOT_ADMIN_PASSWORD); without it one is made up. Either must be changed
    at the first sign-in.
    """
    if await store.everyone():
        return None
    chosen = password or first_password()
    return chosen if await add_account(store, ADMIN, "管理员", ("admin",), chosen, now) else None


async def add_account(
    store: StaffStore, login: str, name: str, roles: tuple[Role, ...], password: str, now: datetime
) -> bool:
    """Make an account whose password must be changed; False when the login is taken."""
    hashed = await asyncio.to_thread(hash_password, password)
    return await store.add(
        Staff(secrets.token_hex(8), login, name, roles, password=hashed, must_change=True, created_at=now)
    )


async def reset_account(store: StaffStore, login: str) -> str | None:
    """Enable an account, give it a new first password, drop its second factor; None: nobody's login."""
    person = await store.by_login(login)
    if person is None:
        return None
    password = first_password()
    hashed = await asyncio.to_thread(hash_password, password)
    changed = replace(person, password=hashed, must_change=True, totp="", disabled=False)
    if not await store.save(changed):
        return await reset_account(store, login)
    await store.end_sessions(person.id)
    return password
