"""Three programs, one for each security mode, each with an official account and a mini-program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import get_args

import pytest

from storage.embedded import EmbeddedServer
from tests.platform.accounts import FakeAccount, Mode
from tests.platform.api import FakeApi, fake_api
from tests.platform.pusher import FakeWeChat
from tests.running import SMALL_HALL, Clock, Here, a_clock, account_settings, make_settings, running_here

OFFICIAL = FakeAccount(token="OfficialToken", app_id="wx0123456789abcdef", aes_key="abcdefg" * 6 + "A")
MINI = FakeAccount(
    "mini", token="MiniToken", app_id="wxfedcba9876543210", aes_key="1234567" * 6 + "E", original_id="gh_mini"
)


@dataclass(frozen=True, slots=True)
class Doors:
    """The running programs by mode, on one database, with one clock and one API."""

    programs: dict[Mode, Here]
    api: FakeApi
    clock: Clock

    def wechat(self, account: FakeAccount, *, seed: int = 1) -> FakeWeChat:
        return FakeWeChat(account, [self.programs[account.mode].address], self.clock, seed)

    async def stored(self) -> dict[str, int]:
        """How many documents there are of what a push can leave behind."""
        some = self.programs["safe"]
        return {name: await some.count(name) for name in ("turns", "conversations", "handoffs", "outbox")}


@pytest.fixture(scope="module")
async def doors(
    mongo_server: EmbeddedServer, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doors]:
    clock, database = a_clock(), f"webhook_{worker_id}"
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(fake_api(OFFICIAL, MINI))
        programs: dict[Mode, Here] = {}
        for mode in get_args(Mode):
            accounts = (replace(OFFICIAL, mode=mode), replace(MINI, mode=mode))
            settings = make_settings(
                tmp_path_factory.mktemp(mode), **account_settings(*accounts, api_url=api.url)
            )
            hall = None if programs else SMALL_HALL
            programs[mode] = await stack.enter_async_context(
                running_here(settings, mongo_server.uri, database, clock=clock, knowledge=hall)
            )
        yield Doors(programs, api, clock)
        await programs["safe"].stores.mongo.client.drop_database(database)
