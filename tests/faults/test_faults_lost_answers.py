"""The database did what it was asked, and its answer was lost: nothing is said twice, and nothing never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.embedded import EmbeddedServer
from storage.stores import Stores
from tests.faults.conftest import ACCOUNT, Starter, wechat_for
from tests.faults.cutting import Cutter, cutter
from tests.faults.waiting import until
from tests.platform.accounts import FakeAccount
from tests.platform.api import FakeApi, fake_api
from tests.running import (
    KNOWN_ANSWER,
    KNOWN_QUESTION,
    Clock,
    Here,
    account_settings,
    make_settings,
    running_here,
)
from wechat.inbound import read_inbound

pytestmark = pytest.mark.slow
RECEIVED = "已收到"
MINI = FakeAccount("mini", app_id="wxfedcba9876543210", original_id="gh_mini")
CLAIM = (b"insert\x00", b"turns\x00")
FINISH = (b"turns\x00", b"handled_at", b"passive")
"""However it is written: one by one, or in a batch with others."""


@pytest.fixture
async def line(mongo_server: EmbeddedServer) -> AsyncIterator[Cutter]:
    async with cutter(mongo_server.port) as made:
        yield made


@pytest.fixture
async def program(line: Cutter, start: Starter, tmp_path: Path) -> AsyncIterator[Here]:
    settings = make_settings(tmp_path, **account_settings(ACCOUNT, api_url=start.api.url))
    async with running_here(settings, line.uri, start.database, clock=start.clock, knowledge=None) as running:
        yield running


async def recovered(program: Here, stores: Stores, clock: Clock) -> None:
    """The program has its database back, and has looked for unfinished business since."""

    async def nothing_unsettled() -> bool:
        return not program.parts.engine._unsettled

    await until(nothing_unsettled, seconds=30)
    clock.advance(minutes=2)

    async def nothing_open() -> bool:
        turns = stores.mongo.collection("turns")
        open_ = {"$or": [{"status": "running"}, {"unclaimed_at": {"$type": "date"}}]}
        return await turns.count_documents(open_) == 0

    await until(nothing_open, seconds=30)


async def test_a_turn_that_was_marked_done_unheard_is_answered_all_the_same(
    line: Cutter, program: Here, hall: Stores, clock: Clock, api: FakeApi
) -> None:
    """Found by `make soak`: "received, the answer follows" was said, the turn was done, nothing followed."""
    user = "oUnheard"
    wechat = wechat_for(program, clock=clock)
    line.cut_after(*FINISH)
    assert RECEIVED in (await wechat.say(user, KNOWN_QUESTION)).text
    assert line.cut.is_set()
    turn = await hall.mongo.collection("turns").find_one({"inbound.user": user})
    assert turn is not None
    assert (turn["status"], turn["delivery"]) == ("done", "passive")
    line.mend()
    await recovered(program, hall, clock)
    (text,) = await api.until_sent(user)
    assert KNOWN_ANSWER in text
    clock.advance(minutes=10)
    assert len(api.texts(user)) == 1


async def test_a_message_that_was_stored_unheard_is_not_answered_again(
    line: Cutter, program: Here, hall: Stores, clock: Clock, api: FakeApi
) -> None:
    """Answered from memory, because nobody knew that it was stored: the turn must not be done once more."""
    user = "oTwice"
    wechat = wechat_for(program, clock=clock)
    line.cut_after(*CLAIM)
    fields = wechat.text(user, KNOWN_QUESTION)
    assert KNOWN_ANSWER in (await wechat.expect(fields)).text
    assert line.cut.is_set()
    assert await hall.mongo.collection("turns").count_documents({"status": "running"}) == 1
    line.mend()
    await recovered(program, hall, clock)
    turn = await hall.mongo.collection("turns").find_one({"inbound.user": user})
    assert turn is not None
    assert (turn["status"], turn["delivery"], turn["trace"]["rule"]) == ("done", "passive", "memory")
    assert await hall.mongo.collection("outbox").count_documents({}) == 0
    assert api.texts(user) == []
    assert KNOWN_ANSWER in (await wechat.expect(fields)).text, "a late delivery gets the same"


async def test_the_mini_program_is_never_answered_in_the_request(
    line: Cutter, start: Starter, hall: Stores, clock: Clock, tmp_path: Path
) -> None:
    """It shows no passive replies: "received" would be an invalid answer there."""
    async with fake_api(MINI) as api:
        settings = make_settings(tmp_path, **account_settings(MINI, api_url=api.url))
        running = running_here(settings, line.uri, start.database, clock=clock, knowledge=None)
        async with running as program:
            wechat = wechat_for(program, clock=clock, account=MINI)
            fields = wechat.text("oMini", KNOWN_QUESTION)
            key = read_inbound(fields, "mini").key
            line.cut_after(b"update\x00", key.encode(), b"delivery")
            assert (await wechat.expect(fields)).silent
            assert line.cut.is_set()
            line.mend()
            await recovered(program, hall, clock)
            (text,) = await api.until_sent("oMini")
            assert KNOWN_ANSWER in text
