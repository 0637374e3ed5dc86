"""One account, a fake API, and ways to hold a turn at the place where things go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from bot.recovery import Recovery
from storage.embedded import EmbeddedServer
from storage.stores import Stores
from tests.platform.accounts import FakeAccount
from tests.platform.api import FakeApi, fake_api
from tests.platform.pusher import FakeWeChat
from tests.running import (
    SMALL_HALL,
    Apart,
    Clock,
    Here,
    a_clock,
    account_settings,
    make_settings,
    running_apart,
    running_here,
)

ACCOUNT: Final = FakeAccount(token="FaultToken", app_id="wx0123456789abcdef", aes_key="abcdefg" * 6 + "A")
HOLDER: Final = "the test"


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with fake_api(ACCOUNT) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return a_clock()


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts programs on the database of this test."""

    uri: str
    database: str
    api: FakeApi
    clock: Clock
    folder: Path

    def here(self, **changes: Any) -> AbstractAsyncContextManager[Here]:
        """A program in this process with the test's clock."""
        values = {**account_settings(ACCOUNT, api_url=self.api.url), **changes}
        settings = make_settings(self.folder, **values)
        return running_here(settings, self.uri, self.database, clock=self.clock, knowledge=None)

    def apart(self, name: str, **changes: object) -> AbstractAsyncContextManager[Apart]:
        """A program as a process of its own, with the real time."""
        values = {**account_settings(ACCOUNT, api_url=self.api.url), **changes}
        return running_apart(self.uri, self.database, self.folder / name, values)


@pytest.fixture
async def hall(stores: Stores) -> Stores:
    """The stores of an empty database that knows the small hall, and no token of another test's API."""
    await stores.mongo.collection("tokens").delete_many({})
    await stores.knowledge.replace(SMALL_HALL)
    return stores


@pytest.fixture
def start(
    mongo_server: EmbeddedServer,
    database_name: str,
    hall: Stores,  # noqa: ARG001 - the hall must be there first
    api: FakeApi,
    clock: Clock,
    tmp_path: Path,
) -> Starter:
    return Starter(mongo_server.uri, database_name, api, clock, tmp_path)


def wechat_for(
    *programs: Here | Apart, clock: Callable[[], Any], account: FakeAccount = ACCOUNT
) -> FakeWeChat:
    return FakeWeChat(account, [each.address for each in programs], clock)


async def hold(stores: Stores, user: str, clock: Callable[[], Any]) -> None:
    """Take the citizen's conversation, so that turns are claimed but wait."""
    held = await stores.conversations.lock("official", user, owner=HOLDER, now=clock(), lease_seconds=3600)
    assert held is not None


async def let_go(stores: Stores, user: str) -> None:
    await stores.conversations.release("official", user, owner=HOLDER)


async def recover(program: Here, clock: Callable[[], Any]) -> None:
    """One round of looking for unfinished business, now."""
    recovery = Recovery(engine=program.parts.engine, turns=program.stores.turns, owner=HOLDER)
    await recovery.run_once(clock())
