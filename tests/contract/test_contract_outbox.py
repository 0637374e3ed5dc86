from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

from messages import Image, News, Text
from storage.mongo import Mongo
from storage.outbox import LOST_REASON
from storage.stores import Stores, stores_of
from wechat.outbox import OutboxItem, OutboxStatus

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def item(number: int, user: str = "o-1", **changes: object) -> OutboxItem:
    made = OutboxItem(
        id=f"k{number:02d}",
        channel="official",
        user=user,
        parts=(Text(f"第 {number} 条"), Image("m1"), News(())),
        created_at=NOW + timedelta(milliseconds=number),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def take(stores: Stores, owner: str = "s1", after_seconds: float = 1) -> OutboxItem | None:
    now = NOW + timedelta(seconds=after_seconds)
    return await stores.outbox.take(owner=owner, now=now, lease_seconds=30)


async def settle(
    stores: Stores,
    item_id: str,
    status: OutboxStatus,
    owner: str = "s1",
    *,
    next_at: datetime | None = None,
) -> None:
    await stores.outbox.settle(item_id, owner=owner, status=status, reason="因为", now=NOW, next_at=next_at)


async def only(stores: Stores, number: int = 1) -> OutboxItem:
    found = {each.id: each for each in await stores.outbox.of_user("official", "o-1", after=NOW)}
    return found[f"k{number:02d}"]


async def test_an_item_is_stored_once(stores: Stores) -> None:
    assert await stores.outbox.put(item(1)) is True
    assert await stores.outbox.put(item(1, parts=(Text("另一条"),))) is False
    assert await stores.outbox.of_user("official", "o-1", after=NOW) == (item(1),)


async def test_a_taken_item_is_sending_and_is_not_taken_twice(stores: Stores) -> None:
    await stores.outbox.put(item(1))
    assert await take(stores) == item(1, status="sending", attempts=1)
    assert await take(stores, "s2") is None


async def test_the_oldest_due_item_comes_first(stores: Stores) -> None:
    for number, user in ((3, "o-3"), (1, "o-1"), (2, "o-2")):
        await stores.outbox.put(item(number, user))
    taken = [await take(stores) for _ in range(3)]
    assert [each.id for each in taken if each is not None] == ["k01", "k02", "k03"]


async def test_an_item_waits_for_its_time(stores: Stores) -> None:
    await stores.outbox.put(item(1, next_at=NOW + timedelta(seconds=10)))
    assert await take(stores, after_seconds=9) is None
    assert await take(stores, after_seconds=10) is not None


async def test_nothing_overtakes_an_older_item_of_the_same_citizen(stores: Stores) -> None:
    for number in (1, 2):
        await stores.outbox.put(item(number))
    assert await take(stores) is not None
    assert await take(stores, "s2") is None
    await settle(stores, "k01", "waiting", next_at=NOW + timedelta(seconds=20))
    assert await take(stores, "s2") is None
    again = await take(stores, after_seconds=20)
    assert again is not None
    assert (again.id, again.attempts, again.reason) == ("k01", 2, "因为")
    await settle(stores, "k01", "sent")
    following = await take(stores, "s2")
    assert following is not None
    assert following.id == "k02"


async def test_failed_and_uncertain_items_block_nobody(stores: Stores) -> None:
    statuses: tuple[OutboxStatus, ...] = ("failed", "uncertain", "sent")
    for number in range(4):
        await stores.outbox.put(item(number))
    for number, status in enumerate(statuses):
        taken = await take(stores)
        assert taken is not None
        assert taken.id == f"k{number:02d}"
        await settle(stores, taken.id, status)
    assert await take(stores) is not None


async def test_items_of_the_same_moment_keep_an_order(stores: Stores) -> None:
    for number in (2, 1):
        await stores.outbox.put(item(number, created_at=NOW))
    first = await take(stores)
    assert first is not None
    assert first.id == "k01"
    assert await take(stores) is None


async def test_two_senders_keep_the_order_of_every_citizen(mongo: Mongo, stores: Stores) -> None:
    users = [f"o-{number}" for number in range(4)]
    for number in range(24):
        await stores.outbox.put(item(number, users[number % 4]))
    sent: list[OutboxItem] = []

    async def sender(which: Stores, owner: str) -> None:
        while len(sent) < 24:
            taken = await take(which, owner)
            if taken is None:
                await asyncio.sleep(0)
                continue
            sent.append(taken)
            await asyncio.sleep(0)
            await settle(which, taken.id, "sent", owner)

    async with stores_of(mongo) as other:
        await asyncio.gather(sender(stores, "s1"), sender(other, "s2"), sender(other, "s3"))
    assert len({each.id for each in sent}) == 24
    for user in users:
        ids = [each.id for each in sent if each.user == user]
        assert ids == sorted(ids)


async def test_an_item_whose_sender_died_becomes_uncertain_and_is_not_sent_again(stores: Stores) -> None:
    await stores.outbox.put(item(1))
    await stores.outbox.put(item(2))
    await take(stores)
    await stores.outbox.progress("k01", owner="s1", sent_parts=2, now=NOW)
    following = await take(stores, "s2", after_seconds=32)
    assert following is not None
    assert following.id == "k02"
    lost = await only(stores)
    assert (lost.status, lost.reason, lost.sent_parts) == ("uncertain", LOST_REASON, 2)
    await settle(stores, "k01", "waiting")
    assert (await only(stores)).status == "uncertain"


async def test_only_its_sender_settles_an_item(stores: Stores) -> None:
    await stores.outbox.put(item(1))
    await take(stores)
    await settle(stores, "k01", "sent", "s2")
    await stores.outbox.progress("k01", owner="s2", sent_parts=1, now=NOW)
    current = await only(stores)
    assert (current.status, current.sent_parts) == ("sending", 0)
    await settle(stores, "k01", "sent")
    assert (await only(stores)).sent_at == NOW


async def test_items_are_counted_by_status(stores: Stores) -> None:
    nothing = dict.fromkeys(get_args(OutboxStatus), 0)
    assert await stores.outbox.counts() == nothing
    await stores.outbox.put(item(1))
    await stores.outbox.put(item(2, "o-2"))
    await take(stores)
    assert await stores.outbox.counts() == {**nothing, "waiting": 1, "sending": 1}


async def test_items_of_a_citizen_after_a_time_oldest_first(stores: Stores) -> None:
    for number in (3, 1, 2):
        await stores.outbox.put(item(number))
    await stores.outbox.put(item(4, "o-2"))
    found = await stores.outbox.of_user("official", "o-1", after=NOW + timedelta(milliseconds=1))
    assert [each.id for each in found] == ["k02", "k03"]
