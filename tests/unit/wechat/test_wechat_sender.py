from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from messages import Image, Inbound, Part, Text, Transfer
from storage.stores import Stores
from wechat.api_errors import ApiError, UncertainError, UnreachableError, refused
from wechat.outbox import Notice, NoticeField, OutboxItem, OutboxStore
from wechat.render import ImageMessage, TextMessage, WireMessage
from wechat.sender import Sender
from wechat.settling import Pauses

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PARTS = (Text("一"), Image("m"), Text("二"))
MESSAGES = [TextMessage("一"), ImageMessage("m"), TextMessage("二")]
NOTICE = Notice("tpl", (NoticeField("thing1", "参保登记"),))


class Recorder:
    """The platform as the sender sees it: takes messages, or answers with the errors a test wants."""

    def __init__(self, *errors: ApiError | None, notices: Sequence[ApiError] = ()) -> None:
        self.errors = list(errors)
        self.notice_errors = list(notices)
        self.taken: list[tuple[str, WireMessage]] = []
        self.notified: list[tuple[str, Notice]] = []

    async def send(self, openid: str, message: WireMessage) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        self.taken.append((openid, message))

    async def notify(self, openid: str, notice: Notice, channel: str) -> str:
        assert channel == "official"
        if self.notice_errors:
            raise self.notice_errors.pop(0)
        self.notified.append((openid, notice))
        return "1"

    @property
    def messages(self) -> list[WireMessage]:
        return [message for _, message in self.taken]


def sender_of(stores: Stores, client: Recorder | None, owner: str = "a") -> Sender:
    return Sender(
        stores.outbox,
        {"official": client} if client else {},
        windows=stores.windows,
        consents=stores.consents,
        owner=owner,
        simulated=lambda user: user.startswith("sim_"),
        clock=lambda: 0.0,
        chance=lambda: 0.0,
    )


async def wrote(stores: Stores, user: str = "o", *, at: datetime = NOW, event: str = "") -> None:
    """A citizen wrote, or clicked."""
    inbound = Inbound(
        f"{user}{at.isoformat()}{event}",
        "official",
        user,
        "gh",
        "event" if event else "text",
        at,
        event=event,
    )
    assert await stores.turns.claim(inbound, owner="x", now=at, lease_seconds=30) is None


async def put(
    outbox: OutboxStore,
    parts: Sequence[Part] = PARTS,
    *,
    user: str = "o",
    name: str = "t1",
    notice: Notice | None = None,
) -> None:
    assert await outbox.put(OutboxItem(name, "official", user, tuple(parts), NOW, notice=notice))


async def the_item(outbox: OutboxStore, user: str = "o") -> OutboxItem:
    (item,) = await outbox.of_user("official", user, after=NOW - timedelta(days=9))
    return item


async def run_all(sender: Sender, now: datetime) -> None:
    while await sender.run_once(now) == 0.0:
        pass


async def test_an_item_leaves_message_by_message_and_only_once(stores: Stores) -> None:
    await wrote(stores)
    await put(stores.outbox)
    client = Recorder()
    sender = sender_of(stores, client)
    assert await sender.run_once(NOW) == 0.0
    assert await sender.run_once(NOW) == 1.0
    assert client.messages == MESSAGES
    item = await the_item(stores.outbox)
    assert (item.status, item.sent_parts, item.sent_at, item.reason) == ("sent", 3, NOW, "")


async def test_a_retry_goes_on_where_the_first_attempt_stopped(stores: Stores) -> None:
    await wrote(stores)
    await put(stores.outbox)
    client = Recorder(None, UnreachableError("x"))
    sender = sender_of(stores, client)
    await sender.run_once(NOW)
    item = await the_item(stores.outbox)
    assert (item.status, item.sent_parts, item.next_at) == ("waiting", 1, NOW + timedelta(seconds=5))
    assert "重试" in item.reason
    assert await sender.run_once(NOW + timedelta(seconds=4)) == 1.0
    assert await sender.run_once(NOW + timedelta(seconds=5)) == 0.0
    assert client.messages == MESSAGES
    assert (await the_item(stores.outbox)).status == "sent"


async def test_what_may_have_arrived_is_not_sent_again(stores: Stores) -> None:
    await wrote(stores)
    await put(stores.outbox)
    client = Recorder(UncertainError("x"))
    sender = sender_of(stores, client)
    await sender.run_once(NOW)
    assert await sender.run_once(NOW + timedelta(days=1)) == 1.0
    assert client.messages == []
    assert (await the_item(stores.outbox)).status == "uncertain"


async def test_a_refusal_is_kept_with_what_to_do(stores: Stores) -> None:
    await wrote(stores)
    await put(stores.outbox)
    await sender_of(stores, Recorder(refused("/send", 45002))).run_once(NOW)
    item = await the_item(stores.outbox)
    assert (item.status, item.reason) == ("failed", refused("/send", 45002).advice)


async def test_without_a_secret_an_item_waits_with_a_reason(stores: Stores) -> None:
    await wrote(stores)
    await put(stores.outbox)
    await sender_of(stores, None).run_once(NOW)
    item = await the_item(stores.outbox)
    assert item.status == "waiting"
    assert "AppSecret" in item.reason
    client = Recorder()
    assert await sender_of(stores, client).run_once(NOW + timedelta(minutes=2)) == 0.0
    assert client.messages == MESSAGES


async def test_the_simulators_users_need_no_network(stores: Stores) -> None:
    await wrote(stores)
    await put(stores.outbox, user="sim_1")
    await sender_of(stores, None).run_once(NOW)
    assert (await the_item(stores.outbox, "sim_1")).status == "sent"


async def test_after_48_hours_an_item_waits_for_the_citizen(stores: Stores) -> None:
    await wrote(stores)
    await put(stores.outbox)
    client = Recorder()
    sender = sender_of(stores, client)
    await sender.run_once(NOW + timedelta(hours=48, seconds=1))
    assert client.messages == []
    held = await the_item(stores.outbox)
    assert held.status == "held"
    assert "等市民下次来信" in held.reason


async def test_a_transfer_that_missed_its_moment_is_left_out(stores: Stores) -> None:
    await wrote(stores, "o1")
    await wrote(stores, "o2")
    client = Recorder()
    await put(stores.outbox, (Text("正在转接"), Transfer()), user="o1", name="t1")
    await put(stores.outbox, (Transfer(),), user="o2", name="t2")
    sender = sender_of(stores, client)
    await sender.run_once(NOW)
    await sender.run_once(NOW)
    assert client.messages == [TextMessage("正在转接")]
    assert (await the_item(stores.outbox, "o1")).status == "sent"
    assert (await the_item(stores.outbox, "o2")).status == "failed"


async def test_a_citizen_gets_items_in_order_and_holds_nobody_else_up(stores: Stores) -> None:
    await wrote(stores, "o1")
    await wrote(stores, "o2")
    await put(stores.outbox, (Text("1"),), user="o1", name="t1")
    await put(stores.outbox, (Text("2"),), user="o1", name="t2")
    await put(stores.outbox, (Text("3"),), user="o2", name="t3")
    client = Recorder(UnreachableError("x"))
    sender = sender_of(stores, client)
    while await sender.run_once(NOW) == 0.0:
        pass
    assert client.taken == [("o2", TextMessage("3"))]
    while await sender.run_once(NOW + timedelta(minutes=1)) == 0.0:
        pass
    assert [message for user, message in client.taken if user == "o1"] == [TextMessage("1"), TextMessage("2")]


async def test_a_slow_item_is_given_back_before_its_lease_runs_out(stores: Stores) -> None:
    await wrote(stores)
    await put(stores.outbox)
    client, ticks = Recorder(), iter((0.0, 1.0, 61.0))
    slow = Sender(
        stores.outbox,
        {"official": client},
        windows=stores.windows,
        consents=stores.consents,
        owner="a",
        clock=lambda: next(ticks),
    )
    assert await slow.run_once(NOW) == 0.0
    item = await the_item(stores.outbox)
    assert (item.status, item.sent_parts) == ("waiting", 1)
    assert await sender_of(stores, client, owner="b").run_once(NOW) == 0.0
    assert client.messages == MESSAGES


async def test_five_messages_leave_and_the_sixth_waits_until_the_citizen_writes_again(stores: Stores) -> None:
    await wrote(stores)
    for number in range(6):
        await put(stores.outbox, (Text(str(number)),), name=f"t{number}")
    client = Recorder()
    sender = sender_of(stores, client)
    await run_all(sender, NOW + timedelta(minutes=1))
    assert client.messages == [TextMessage(str(number)) for number in range(5)]
    (held,) = await stores.outbox.find(["held"], limit=9)
    assert held.reason == "这一轮可发的条数已用完。等市民下次来信时自动发出。"
    await run_all(sender, NOW + timedelta(minutes=2))
    assert len(client.messages) == 5
    await wrote(stores, at=NOW + timedelta(minutes=3))
    await run_all(sender, NOW + timedelta(minutes=4))
    assert client.messages[5:] == [TextMessage("5")]
    assert (await stores.outbox.counts())["sent"] == 6


async def test_an_item_larger_than_the_window_goes_on_with_the_next_one(stores: Stores) -> None:
    await wrote(stores, event="click")
    parts = tuple(Image(f"m{number}") for number in range(5))
    await put(stores.outbox, parts)
    client = Recorder()
    sender = sender_of(stores, client)
    await run_all(sender, NOW + timedelta(seconds=1))
    item = await the_item(stores.outbox)
    assert (item.status, item.sent_parts, len(item.sent_times)) == ("held", 3, 3)
    await wrote(stores, at=NOW + timedelta(minutes=5))
    await run_all(sender, NOW + timedelta(minutes=6))
    assert client.messages == [ImageMessage(f"m{number}") for number in range(5)]


async def test_who_does_not_come_back_within_a_day_is_listed_for_a_call(stores: Stores) -> None:
    await put(stores.outbox)
    sender = sender_of(stores, Recorder())
    await run_all(sender, NOW)
    assert (
        await the_item(stores.outbox)
    ).reason == "市民最近没有来信，微信不允许主动发送。等市民下次来信时自动发出。"
    await run_all(sender, NOW + timedelta(hours=23))
    assert (await the_item(stores.outbox)).status == "held"
    await run_all(sender, NOW + timedelta(hours=24))
    listed = await the_item(stores.outbox)
    assert (listed.status, listed.held_at) == ("call", NOW)
    assert "请电话联系" in listed.reason
    await wrote(stores, at=NOW + timedelta(hours=30))
    await run_all(sender, NOW + timedelta(hours=30, minutes=1))
    assert (await the_item(stores.outbox)).status == "sent"


async def test_a_consent_carries_the_notice_when_the_window_is_closed(stores: Stores) -> None:
    await stores.consents.grant("official", "o", "tpl", lasting=False, key="a", now=NOW)
    await put(stores.outbox, notice=NOTICE)
    await put(stores.outbox, notice=NOTICE, name="t2")
    client = Recorder()
    await run_all(sender_of(stores, client), NOW)
    assert client.notified == [("o", NOTICE)]
    first, second = await stores.outbox.of_user("official", "o", after=NOW - timedelta(days=1))
    assert (first.status, first.route, second.status) == ("sent", "notice", "held")
    assert first.reason == "市民最近没有来信，微信不允许主动发送。已改用订阅通知发出。"


async def test_a_custom_message_is_preferred_to_a_notice(stores: Stores) -> None:
    await wrote(stores)
    await stores.consents.grant("official", "o", "tpl", lasting=False, key="a", now=NOW)
    await put(stores.outbox, notice=NOTICE)
    client = Recorder()
    await run_all(sender_of(stores, client), NOW)
    assert (client.messages, client.notified) == (MESSAGES, [])
    assert await stores.consents.take("official", "o", "tpl")


async def test_a_consent_the_platform_does_not_know_is_forgotten(stores: Stores) -> None:
    await stores.consents.grant("official", "o", "tpl", lasting=True, key="a", now=NOW)
    await put(stores.outbox, notice=NOTICE)
    await run_all(sender_of(stores, Recorder(notices=[refused("/x", 43101)])), NOW)
    assert (await the_item(stores.outbox)).status == "held"
    assert not await stores.consents.take("official", "o", "tpl")


async def test_a_notice_that_did_not_leave_keeps_its_consent(stores: Stores) -> None:
    await stores.consents.grant("official", "o", "tpl", lasting=False, key="a", now=NOW)
    await put(stores.outbox, notice=NOTICE)
    client = Recorder(notices=[UnreachableError("x")])
    sender = sender_of(stores, client)
    await run_all(sender, NOW)
    assert (await the_item(stores.outbox)).status == "waiting"
    await run_all(sender, NOW + timedelta(seconds=5))
    assert ((await the_item(stores.outbox)).status, client.notified) == ("sent", [("o", NOTICE)])


async def test_a_notice_that_may_have_arrived_is_not_repeated(stores: Stores) -> None:
    await stores.consents.grant("official", "o", "tpl", lasting=False, key="a", now=NOW)
    await put(stores.outbox, notice=NOTICE)
    await run_all(sender_of(stores, Recorder(notices=[UncertainError("x")])), NOW)
    assert (await the_item(stores.outbox)).status == "uncertain"
    assert not await stores.consents.take("official", "o", "tpl")


@pytest.mark.parametrize("code", [45015, 45047])
async def test_when_the_platform_says_closed_the_ledger_is_not_insisted_on(stores: Stores, code: int) -> None:
    await wrote(stores)
    await put(stores.outbox)
    await run_all(sender_of(stores, Recorder(refused("/x", code))), NOW)
    item = await the_item(stores.outbox)
    assert item.status == "held"
    assert item.reason.startswith(refused("/x", code).advice)


async def test_a_fault_of_the_account_stops_all_items_and_not_each_by_a_call(stores: Stores) -> None:
    for number in range(4):
        await wrote(stores, f"o{number}")
        await put(stores.outbox, (Text("x"),), user=f"o{number}", name=f"t{number}")
    client = Recorder(refused("/x", 45009))
    sender = sender_of(stores, client)
    await run_all(sender, NOW)
    assert (client.taken, (await stores.outbox.counts())["waiting"]) == ([], 4)
    await run_all(sender, NOW + timedelta(minutes=59))
    assert client.taken == []
    await run_all(sender, NOW + timedelta(minutes=61))
    assert len(client.taken) == 4


async def test_what_can_not_be_sent_for_two_days_becomes_a_dead_letter(stores: Stores) -> None:
    await put(stores.outbox)
    sender = sender_of(stores, None)
    await run_all(sender, NOW + timedelta(hours=47))
    assert (await the_item(stores.outbox)).status == "waiting"
    await run_all(sender, NOW + timedelta(hours=48))
    item = await the_item(stores.outbox)
    assert item.status == "failed"
    assert "AppSecret" in item.reason


async def test_the_notices_quota_does_not_stop_messages(stores: Stores) -> None:
    """Each call has a day's quota of its own: 45009 on notices says nothing about custom messages."""
    for name in ("t1", "t2"):
        await stores.consents.grant("official", "o", "tpl", lasting=False, key=name, now=NOW)
        await put(stores.outbox, notice=NOTICE, name=name)
    client = Recorder(notices=[refused("/x", 45009)])
    await wrote(stores, "o2", at=NOW)
    await put(stores.outbox, user="o2", name="t3")
    sender = sender_of(stores, client)
    await run_all(sender, NOW)
    assert ([user for user, _ in client.taken], client.notified) == (["o2"] * 3, [])
    waiting = await stores.outbox.of_user("official", "o", after=NOW - timedelta(days=1))
    assert {each.status for each in waiting} == {"waiting"}
    await run_all(sender, NOW + timedelta(minutes=61))
    assert len(client.notified) == 2


async def test_senders_of_one_process_share_what_they_learn(stores: Stores) -> None:
    pauses = Pauses()
    clients = [Recorder(refused("/x", 40164)), Recorder()]
    for number, client in enumerate(clients):
        await wrote(stores, f"o{number}")
        await put(stores.outbox, user=f"o{number}", name=f"t{number}")
        sender = Sender(
            stores.outbox,
            {"official": client},
            windows=stores.windows,
            consents=stores.consents,
            owner=f"a{number}",
            pauses=pauses,
        )
        await run_all(sender, NOW)
    assert clients[1].taken == []
    assert "白名单" in (await the_item(stores.outbox, "o1")).reason
