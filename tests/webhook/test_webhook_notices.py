"""Notices over HTTP: a citizen agrees, the answer leaves as a notice, its result comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from messages import Text
from storage.embedded import EmbeddedServer
from storage.stores import Stores
from tests.faults.waiting import until
from tests.platform.api_server import PlatformApi, platform_api
from tests.platform.pusher import FakeWeChat
from tests.running import Clock, Here, a_clock, account_settings, make_settings, running_here
from tests.webhook.conftest import MINI, OFFICIAL
from wechat.outbox import Notice, NoticeField, OutboxItem, OutboxStatus

TEMPLATE, LASTING = (
    "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc",
    "9nLIlbOQZC5Y89AZteFEux3WCXRRRG5Wfzkpssu4bLI",
)
USER = "oSilentCitizen"
NOTICE = Notice(TEMPLATE, (NoticeField("thing1", "低保申请"), NoticeField("phrase2", "已受理")))
BIZSEND = "/cgi-bin/message/subscribe/bizsend"


@dataclass(frozen=True, slots=True)
class Town:
    """A program, the platform it talks to, and the platform's pushing side."""

    program: Here
    api: PlatformApi
    wechat: FakeWeChat
    clock: Clock

    async def popup(self, *answers: tuple[str, str], event: str = "subscribe_msg_popup_event") -> None:
        """The citizen answers; the platform counts it, and tells us."""
        for template, word in answers:
            count = self.api.world.subscriptions.get((USER, template), 0)
            self.api.world.subscriptions[USER, template] = count + 1 if word == "accept" else 0
        rows = [{"TemplateId": template, "SubscribeStatusString": word} for template, word in answers]
        wrapper = "SubscribeMsgPopupEvent" if "popup" in event else "SubscribeMsgChangeEvent"
        fields = self.wechat.event(USER, event) | {wrapper: {"List": rows}}
        for _ in range(2):  # delivered again: it must count once
            assert (await self.wechat.expect(fields)).silent
        self.clock.advance(seconds=1)

    async def news(self, name: str, notice: Notice = NOTICE) -> None:
        item = OutboxItem(name, "official", USER, (Text(f"您的事：{name}"),), self.clock(), notice=notice)
        assert await self.program.stores.outbox.put(item)

    async def until_settled(self, name: str, *statuses: OutboxStatus) -> OutboxItem:
        async def settled() -> bool:
            self.clock.advance(seconds=4)  # so that the next sweep is due
            return (await self.item(name)).status in statuses

        await until(settled)
        return await self.item(name)

    async def item(self, name: str) -> OutboxItem:
        since = self.clock() - timedelta(days=9)
        found = await self.program.stores.outbox.of_user("official", USER, after=since)
        return next(each for each in found if each.id == name)


@asynccontextmanager
async def running(uri: str, database: str, folder: Path, **changes: object) -> AsyncIterator[Town]:
    clock = a_clock()
    async with platform_api(OFFICIAL, MINI, clock=clock) as api:
        values = {
            **account_settings(OFFICIAL, MINI, api_url=api.url),
            "lasting_templates": LASTING,
            **changes,
        }
        async with running_here(make_settings(folder, **values), uri, database, clock=clock) as program:
            yield Town(program, api, FakeWeChat(OFFICIAL, [program.address], clock), clock)


@pytest.fixture
async def town(
    mongo_server: EmbeddedServer, database_name: str, stores: Stores, tmp_path: Path
) -> AsyncIterator[Town]:
    await stores.mongo.collection("tokens").delete_many({})
    async with running(mongo_server.uri, database_name, tmp_path) as started:
        yield started


async def test_who_agreed_gets_a_notice_and_its_delivery_is_known(town: Town) -> None:
    await town.popup((TEMPLATE, "accept"))
    await town.news("first")
    sent = await town.until_settled("first", "sent")
    assert (sent.route, sent.receipt) == ("notice", "")
    ((user, payload),) = town.api.world.notices
    assert (user, payload["template_id"], payload["data"]["phrase2"]) == (USER, TEMPLATE, {"value": "已受理"})
    assert await town.api.push_results(town.program.address) == 1
    assert (await town.item("first")).receipt == "delivered"
    await town.news("second")
    assert "等市民下次来信" in (await town.until_settled("second", "held")).reason
    assert town.api.calls.count(BIZSEND) == 1, "without a consent the platform must not even be asked"
    assert town.api.world.sent == []


async def test_a_long_term_consent_is_not_used_up(town: Town) -> None:
    await town.popup((LASTING, "accept"))
    town.api.world.subscriptions[USER, LASTING] = 9
    for name in ("first", "second"):
        await town.news(name, Notice(LASTING, NOTICE.fields))
        await town.until_settled(name, "sent")
    assert len(town.api.world.notices) == 2


async def test_who_took_it_back_gets_none(town: Town) -> None:
    await town.popup((TEMPLATE, "accept"), (LASTING, "accept"))
    await town.popup((TEMPLATE, "reject"), event="subscribe_msg_change_event")
    await town.news("first")
    await town.until_settled("first", "held")
    assert town.api.calls.count(BIZSEND) == 0


async def test_who_agrees_later_gets_what_was_held(town: Town) -> None:
    await town.news("first")
    await town.until_settled("first", "held")
    await town.popup((TEMPLATE, "accept"))
    assert (await town.until_settled("first", "sent")).route == "notice"


@pytest.mark.parametrize(
    ("code", "status", "receipt"), [("1", "system failed", "failed"), ("2", "user block", "refused")]
)
async def test_a_notice_that_failed_leaves_as_a_message_when_the_citizen_writes(
    town: Town, code: str, status: str, receipt: str
) -> None:
    await town.popup((TEMPLATE, "accept"))
    await town.news("first")
    await town.until_settled("first", "sent")
    (result,) = town.api.world.events
    result["SubscribeMsgSentEvent"]["List"] |= {"ErrorCode": code, "ErrorStatus": status}
    await town.api.push_results(town.program.address)
    failed = await town.item("first")
    assert (failed.status, failed.receipt) == ("held", receipt)
    town.clock.advance(seconds=1)
    town.api.deed(USER, "message")
    await town.wechat.say(USER, "你好")
    assert (await town.until_settled("first", "sent")).route == "custom"
    assert town.api.texts(USER) == ["您的事：first"]


async def test_a_notice_whose_answer_was_lost_is_cleared_up_by_its_result(town: Town) -> None:
    await town.popup((TEMPLATE, "accept"))
    town.api.faults.plan("cut_after", path=BIZSEND)
    await town.news("first")
    await town.until_settled("first", "uncertain")
    assert await town.api.push_results(town.program.address) == 1
    cleared = await town.item("first")
    assert (cleared.status, cleared.receipt, cleared.route) == ("sent", "delivered", "notice")
    assert len(town.api.world.notices) == 1


async def test_who_leaves_takes_the_consents_along(town: Town) -> None:
    await town.popup((TEMPLATE, "accept"), (LASTING, "accept"))
    assert await town.program.count("consents", user=USER) == 2
    await town.wechat.expect(town.wechat.event(USER, "unsubscribe", ""))
    assert await town.program.count("consents") == 0


async def test_template_messages_report_by_their_number(town: Town) -> None:
    """What staff sent as a template message has no item: the result is kept and harms nothing."""
    fields = town.wechat.event(USER, "TEMPLATESENDJOBFINISH", MsgID=200163836, Status="failed:user block")
    assert (await town.wechat.expect(fields)).silent
    assert await town.program.count("receipts") == 1


async def test_one_slow_answer_holds_nobody_else_up(town: Town) -> None:
    """The platform takes its time with one citizen's message: the others' leave meanwhile."""
    outbox = town.program.stores.outbox
    town.api.faults.plan("slow", path="custom/send")
    for user in (f"oCitizen{number}" for number in range(7)):
        town.api.deed(user, "message")
        await town.wechat.say(user, "你好")
        made = OutboxItem(user, "official", user, (Text("您的事办好了"),), town.clock())
        assert await outbox.put(made)

    async def others_have_left() -> bool:
        return (await outbox.counts())["sent"] == 6

    await until(others_have_left)
    counts = await outbox.counts()
    assert counts["sending"] + counts["uncertain"] == 1
    town.api.release.set()
