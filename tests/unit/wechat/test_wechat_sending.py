"""The whole sending side at once: outbox, ledger, sender, client, token, against the fake platform."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from messages import Inbound, Text
from storage.mongo import Mongo
from storage.stores import Stores, stores_of
from tests.platform.api_server import SEND, PlatformApi
from tests.platform.api_tokens import INVALID
from tests.running import Clock
from tests.unit.wechat.wechat_samples import MakeClient
from wechat.client import Client
from wechat.outbox import Notice, NoticeField, OutboxItem
from wechat.sender import Sender


def sender_of(stores: Stores, client: Client, owner: str) -> Sender:
    return Sender(
        stores.outbox,
        {"official": client},
        windows=stores.windows,
        consents=stores.consents,
        owner=owner,
    )


async def writes(stores: Stores, platform: PlatformApi, clock: Clock, user: str, event: str = "") -> None:
    """A citizen does something: the platform knows, and we hear of it."""
    platform.deed(user, event or "message")
    key = f"{user}{clock().isoformat()}{event}"
    kind = "event" if event else "text"
    inbound = Inbound(key, "official", user, "gh", kind, clock(), event=event)  # type: ignore[arg-type]
    assert await stores.turns.claim(inbound, owner="x", now=clock(), lease_seconds=30) is None


async def answer(stores: Stores, clock: Clock, user: str, number: int, notice: Notice | None = None) -> None:
    text = Text(f"{user} {number}")
    made = OutboxItem(f"{user}-{number}", "official", user, (text,), clock(), notice=notice)
    assert await stores.outbox.put(made)


async def run_all(sender: Sender, clock: Clock) -> None:
    while await sender.run_once(clock()) == 0.0:
        pass


async def test_ten_answers_leave_within_the_windows_and_the_platform_never_refuses(
    stores: Stores, platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    sender = sender_of(stores, make_client(), "a")
    await writes(stores, platform, clock, "oA")
    for number in range(10):
        await answer(stores, clock, "oA", number)
        clock.advance(milliseconds=1)
    clock.advance(seconds=1)
    await run_all(sender, clock)
    assert len(platform.texts("oA")) == 5
    for _ in range(2):
        clock.advance(hours=30)
        await writes(stores, platform, clock, "oA", "click")
        clock.advance(seconds=4)
        await run_all(sender, clock)
    assert platform.texts("oA") == [f"oA {number}" for number in range(10)]
    assert platform.calls.count(SEND) == 10


async def test_who_left_is_not_asked_about_again_and_again(
    stores: Stores, platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    sender = sender_of(stores, make_client(), "a")
    await writes(stores, platform, clock, "oA")
    platform.world.not_following.add("oA")
    await answer(stores, clock, "oA", 1)
    for _ in range(30):
        await run_all(sender, clock)
        clock.advance(hours=1)
    assert platform.calls.count(SEND) == 1
    (listed,) = await stores.outbox.find(["call"], limit=9)
    assert listed.user == "oA"


async def test_a_notice_reaches_who_is_silent_and_the_result_is_pushed(
    stores: Stores, platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    platform.world.subscriptions["oA", "tpl"] = 1
    await stores.consents.grant("official", "oA", "tpl", lasting=True, key="a", now=clock())
    notice = Notice("tpl", (NoticeField("thing1", "参保登记"),), "https://hall.example/cases/1")
    for number in (1, 2):
        await answer(stores, clock, "oA", number, notice)
    await run_all(sender_of(stores, make_client(), "a"), clock)
    assert [payload["template_id"] for _, payload in platform.world.notices] == ["tpl"]
    assert platform.world.events[0]["Event"] == "subscribe_msg_sent_event"
    counts = await stores.outbox.counts()
    assert (counts["sent"], counts["held"]) == (1, 1)


async def test_a_stale_token_in_the_middle_costs_nothing_but_one_fetch(
    stores: Stores, platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    sender = sender_of(stores, make_client(), "a")
    for user in ("oA", "oB"):
        await writes(stores, platform, clock, user)
        await answer(stores, clock, user, 1)
        clock.advance(hours=2)
        assert await sender.run_once(clock()) == 0.0
        platform.tokens.kill_all()
    assert (platform.texts("oA"), platform.texts("oB")) == (["oA 1"], ["oB 1"])
    assert platform.tokens.check(next(iter(platform.tokens.issued)), clock()) == INVALID


async def test_the_days_quota_stops_all_until_it_is_renewed(
    stores: Stores, platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    platform.limits[SEND] = (100, 2)
    for user in ("oA", "oB", "oC", "oD", "oE"):
        await writes(stores, platform, clock, user)
        await answer(stores, clock, user, 1)
    sender = sender_of(stores, make_client(), "a")
    for _ in range(20):
        await run_all(sender, clock)
        clock.advance(hours=1, minutes=20)
    calls = platform.calls.count(SEND)
    assert len(platform.world.sent) == 4  # two a day, on two days
    assert calls < 4 + 24
    clock.advance(hours=12)
    await run_all(sender, clock)
    assert len(platform.world.sent) == 5


async def test_half_of_all_calls_go_wrong_and_nothing_is_lost_or_doubled(
    mongo: Mongo, stores: Stores, platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    """Every item is sent exactly once, or marked uncertain. Two processes share the work."""
    users = [f"o{number}" for number in range(40)]
    for user in users:
        await writes(stores, platform, clock, user)
        for number in (1, 2):
            await answer(stores, clock, user, number)
    platform.faults.rate = 0.5
    async with stores_of(mongo) as other:
        senders = [
            sender_of(stores, make_client("a", total_seconds=0.1), "a"),
            sender_of(other, make_client("b", total_seconds=0.1), "b"),
        ]
        counts = await stores.outbox.counts()
        while counts["waiting"] + counts["sending"]:
            await asyncio.gather(*(run_all(sender, clock) for sender in senders))
            clock.advance(minutes=11)
            counts = await stores.outbox.counts()
    assert counts["sent"] + counts["uncertain"] == 80
    assert counts["uncertain"] > 0
    arrived = [text for user in users for text in platform.texts(user)]
    assert len(arrived) == len(set(arrived))
    sure = {item.id for item in await stores.outbox.find(["sent"], limit=100)}
    assert sure <= {text.replace(" ", "-") for text in arrived}
    assert {kind for _, kind in platform.faults.happened} == set(platform.faults.kinds)
    for user in users:
        assert platform.texts(user) == sorted(platform.texts(user))


async def test_a_minute_window_is_not_missed_by_a_sweep(
    stores: Stores, platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    await answer(stores, clock, "oA", 1)
    sender = sender_of(stores, make_client(), "a")
    await run_all(sender, clock)
    clock.advance(days=3)
    await writes(stores, platform, clock, "oA", "scan")
    clock.now += timedelta(seconds=3)
    await run_all(sender, clock)
    assert platform.texts("oA") == ["oA 1"]
