"""The program with its console, and browsers of staff that speak HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from aiohttp import ClientSession, CookieJar

from helpdesk.passwords import hash_password
from helpdesk.staff import Role, Staff
from storage.embedded import EmbeddedServer
from tests.mongo import empty
from tests.running import Clock, Here, a_clock, make_settings, running_here

PASSWORD: Final = "gui-zhou-2026-Lü"
HASHED: Final = hash_password(PASSWORD)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back."""

    status: int
    text: str
    path: str
    headers: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser: keeps cookies, says where its forms come from."""

    session: ClientSession
    url: str

    async def get(self, path: str, **headers: str) -> Seen:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, **fields: Any) -> Seen:
        return await self.ask("POST", path, data=fields, headers={"Sec-Fetch-Site": "same-origin"})

    async def ask(self, method: str, path: str, **options: Any) -> Seen:
        address = path if path.startswith("http") else f"{self.url}/console{path}"
        async with self.session.request(method, address, **options) as answer:
            return Seen(answer.status, await answer.text(), answer.url.path_qs, answer.headers)

    async def sign_in(self, login: str, password: str = PASSWORD, **fields: str) -> Seen:
        return await self.post("/login", login=login, password=password, **fields)


@pytest.fixture
def clock() -> Clock:
    return a_clock()


@pytest.fixture(scope="session")
async def console_database(database_name: str) -> str:
    return f"{database_name}_console"


@pytest.fixture
async def here(
    mongo_server: EmbeddedServer, console_database: str, clock: Clock, tmp_path: Any
) -> AsyncIterator[Here]:
    """The program in this process, with an empty staff room."""
    settings = make_settings(tmp_path, public_url="")  # over http: a browser would keep a secure cookie
    async with running_here(settings, mongo_server.uri, console_database, clock=clock) as running:
        yield running
        await empty(running.stores.mongo)


NewBrowser = Callable[[], Awaitable[Browser]]


@pytest.fixture
async def new_browser(here: Here) -> AsyncIterator[NewBrowser]:
    """Open one more browser."""
    sessions: list[ClientSession] = []

    async def opened() -> Browser:
        sessions.append(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        return Browser(sessions[-1], here.url)

    yield opened
    for session in sessions:
        await session.close()


@pytest.fixture
async def browser(new_browser: NewBrowser) -> Browser:
    return await new_browser()


async def hire(here: Here, login: str, *roles: Role, **changes: Any) -> Staff:
    """Make an account that has its own password already."""
    values: dict[str, Any] = {"password": HASHED, "must_change": False, **changes}
    person = Staff(f"id-{login}", login, f"{login} 同志", roles, **values)
    assert await here.stores.staff.add(person)
    return person


async def signed_in(here: Here, new_browser: NewBrowser, login: str, *roles: Role, **changes: Any) -> Browser:
    """A browser in which a new member of staff is signed in."""
    await hire(here, login, *roles, **changes)
    opened = await new_browser()
    seen = await opened.sign_in(login)
    assert seen.status == 200, seen
    return opened


async def all_at_once(*waited: Awaitable[Any]) -> list[Any]:
    return list(await asyncio.gather(*waited))
