"""Backup and restore as docs/operations.md tells it: by copying the database's files, running or not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from messages import Text
from storage.embedded import embedded_mongod
from storage.mongo import INDEXES
from storage.stores import Stores, open_stores
from tests.platform.accounts import FakeAccount
from tests.platform.pusher import FakeWeChat
from tests.running import (
    KNOWN_ANSWER,
    KNOWN_QUESTION,
    SMALL_HALL,
    a_clock,
    account_settings,
    make_settings,
    running_here,
)
from wechat.outbox import OutboxItem

pytestmark = pytest.mark.slow
ACCOUNT = FakeAccount()
CLOCK = a_clock()


async def counts(stores: Stores) -> dict[str, int]:
    return {name: await stores.mongo.collection(name).count_documents({}) for name in sorted(INDEXES)}


async def fill(uri: str, folder: Path) -> dict[str, int]:
    """A day in the hall: a question, a hand-off, an item in the outbox."""
    settings = make_settings(folder, **account_settings(ACCOUNT))
    async with running_here(settings, uri, "hall", clock=CLOCK, knowledge=SMALL_HALL) as program:
        wechat = FakeWeChat(ACCOUNT, [program.address], CLOCK)
        await wechat.say("oBefore", KNOWN_QUESTION)
        await wechat.say("oBefore", "转人工")
        await program.stores.outbox.put(OutboxItem("k", "official", "oB", (Text("好"),), CLOCK()))
    async with open_stores(uri, "hall") as stores:
        return await counts(stores)


@pytest.mark.parametrize("running", [True, False])
async def test_a_copy_of_the_files_is_a_backup(tmp_path: Path, *, running: bool) -> None:
    """Running: writes are held back by fsyncLock for the time of the copy. What comes after is not in it."""
    here, there = tmp_path / "here", tmp_path / "there"
    async with embedded_mongod(here) as server:
        before = await fill(server.uri, tmp_path)
        if running:
            async with open_stores(server.uri, "hall") as stores:
                admin = stores.mongo.client.admin
                await admin.command({"fsync": 1, "lock": True})
                shutil.copytree(here / "mongo" / "data", there / "mongo" / "data")
                await admin.command("fsyncUnlock")
                await stores.outbox.put(OutboxItem("later", "official", "oB", (Text("好"),), CLOCK()))
    if not running:
        shutil.copytree(here / "mongo", there / "mongo")
    assert before["turns"] == 2
    assert before["handoffs"] == before["outbox"] == 1
    async with embedded_mongod(there) as server, open_stores(server.uri, "hall") as stores:
        assert await counts(stores) == before
        assert await stores.missing_indexes() == ()
        settings = make_settings(tmp_path, **account_settings(ACCOUNT))
        async with running_here(settings, server.uri, "hall", clock=CLOCK, knowledge=None) as program:
            wechat = FakeWeChat(ACCOUNT, [program.address], CLOCK, seed=2)
            assert KNOWN_ANSWER in (await wechat.say("oAfter", KNOWN_QUESTION)).text
