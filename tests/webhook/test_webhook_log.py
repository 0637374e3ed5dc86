"""What a process writes into its log while it is attacked: no traceback, no openid, no text of a citizen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.embedded import EmbeddedServer
from storage.stores import Stores
from tests.platform.accounts import FakeAccount
from tests.platform.pusher import FakeWeChat
from tests.platform.wire import HungUpError, Manner, exchange, exchange_raw, head
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, SMALL_HALL, account_settings, running_apart
from tests.webhook import forgeries
from tests.webhook.bending import genuine
from tests.webhook.conftest import MINI, OFFICIAL
from tests.webhook.test_webhook_refusals import RAW

PRIVATE = ("oForger", "oHonest", KNOWN_QUESTION, "你好", OFFICIAL.token, OFFICIAL.aes_key)


@pytest.mark.slow
async def test_an_attacked_process_keeps_its_log_clean(
    mongo_server: EmbeddedServer, database_name: str, stores: Stores, tmp_path: Path
) -> None:
    await stores.knowledge.replace(SMALL_HALL)
    settings = account_settings(OFFICIAL, replace(MINI, mode="plain"))
    async with running_apart(mongo_server.uri, database_name, tmp_path, settings) as program:
        wechat = FakeWeChat(OFFICIAL, [program.address], lambda: datetime.now(UTC))
        await attack(wechat)
        await attack_json(
            FakeWeChat(replace(MINI, mode="plain", form="json"), [program.address], wechat.clock)
        )
        assert await stores.mongo.collection("turns").count_documents({}) == 0
        assert KNOWN_ANSWER in (await wechat.say("oHonest", KNOWN_QUESTION)).text
    log = program.log
    assert "push refused" in log
    assert not [each for each in ("Traceback", *PRIVATE) if each in log]
    assert program.process.returncode == 0


async def attack(wechat: FakeWeChat) -> None:
    (address,) = wechat.addresses
    for case in forgeries.safe_official():
        answer = await wechat.send(case.build(wechat), case.manner)
        assert answer.status in case.expected, case.name
    for ending in RAW.values():
        start = head(genuine(wechat), Manner(chunked=True), "x")
        try:
            await exchange_raw(address.host, address.port, start + ending)
        except HungUpError:
            continue
    request = genuine(wechat)
    cut_off = Manner(claimed_length=len(request.body) + 10, drop=True)
    await exchange(address.host, address.port, request, cut_off)


async def attack_json(wechat: FakeWeChat) -> None:
    account: FakeAccount = wechat.account
    for case in forgeries.MINI_JSON:
        if case.name.startswith("mini, plain push") or "Encrypt" in case.name or "zeros" in case.name:
            continue  # these are about safe mode
        answer = await wechat.send(case.build(wechat), case.manner)
        assert answer.status in case.expected, (account.mode, case.name)
