"""The program with its API, and programs that call it over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.app import utc_now
from helpdesk.api_tokens import issue
from helpdesk.staff import Permission, Role, Staff
from storage.embedded import EmbeddedServer
from tests.mongo import empty
from tests.running import Clock, Here, a_clock, make_settings, running_here

ALL: tuple[Permission, ...] = ("entries.read", "entries.write", "entries.review", "entries.publish")


@dataclass(frozen=True, slots=True)
class Got:
    """What came back."""

    status: int
    body: Any
    headers: Any = field(repr=False)

    @property
    def detail(self) -> str:
        return str(self.body["detail"])


@dataclass(frozen=True, slots=True)
class Program:
    """A program that calls the API, with or without a token."""

    session: ClientSession
    url: str
    token: str = ""

    async def get(self, path: str, **query: Any) -> Got:
        return await self.ask("GET", path, params=query)

    async def post(self, path: str, body: Any, **headers: str) -> Got:
        return await self.ask("POST", path, json=body, headers=headers)

    async def put(self, path: str, body: Any, **headers: str) -> Got:
        return await self.ask("PUT", path, json=body, headers=headers)

    async def step(self, entry_id: str, action: str, **body: Any) -> Got:
        """Take a step with whatever version there is now."""
        now = await self.get(f"/entries/{entry_id}")
        order = {"action": action, "version": now.body["version"], **body}
        return await self.post(f"/entries/{entry_id}/steps", order)

    async def ask(self, method: str, path: str, headers: Any = None, **options: Any) -> Got:
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent.update(headers or {})
        address = path if path.startswith("http") else f"{self.url}/api/v1{path}"
        async with self.session.request(method, address, headers=sent, **options) as answer:
            text = await answer.text()
            return Got(answer.status, json.loads(text) if text else None, answer.headers)


@pytest.fixture
def clock() -> Clock:
    return a_clock()


@pytest.fixture(scope="session")
async def api_database(database_name: str) -> str:
    return f"{database_name}_api"


@pytest.fixture
async def here(
    mongo_server: EmbeddedServer, api_database: str, clock: Clock, tmp_path: Any
) -> AsyncIterator[Here]:
    async with running_here(make_settings(tmp_path), mongo_server.uri, api_database, clock=clock) as running:
        yield running
        await empty(running.stores.mongo)


@pytest.fixture
async def stranger(here: Here) -> AsyncIterator[Program]:
    """A program without a token."""
    async with ClientSession() as session:
        yield Program(session, here.url)


async def hired(
    here: Here,
    stranger: Program,
    login: str,
    *roles: Role,
    permissions: tuple[Permission, ...] = ALL,
    departments: tuple[str, ...] = (),
) -> Program:
    """A program with the token of a new member of staff."""
    person = Staff(f"id-{login}", login, f"{login} 同志", roles, departments, must_change=False)
    assert await here.stores.staff.add(person)
    token, secret = issue(person, f"{login} 的程序", permissions, now=utc_now(), days=30)
    await here.stores.api_tokens.add(token)
    return Program(stranger.session, here.url, secret)


async def citizen(stranger: Program, name: str = "zhang") -> Program:
    """The mini-program of somebody who has logged in."""
    got = await stranger.post("/sessions", {"code": f"sim:{name}"})
    assert got.status == 201, got
    return Program(stranger.session, stranger.url, got.body["token"])
