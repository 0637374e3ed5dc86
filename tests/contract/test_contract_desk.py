from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from helpdesk import desk
from helpdesk.handoffs import Handoff
from helpdesk.routing import KEPT_FOR_LAST
from helpdesk.staff import Staff
from helpdesk.vanished import Vanished
from messages import Text
from storage.mongo import Mongo
from storage.stores import Stores

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LI = Staff("li", "li.na", "李娜", ("agent",))
WANG = Staff("wang", "wang", "王芳", ("agent",))


async def a_handoff(stores: Stores, number: int = 1, **changes: object) -> Handoff:
    made = Handoff(f"h{number}", "official", f"o-{number}", "asked", "低保怎么申请", NOW)
    return await stores.handoffs.open(replace(made, **changes))  # type: ignore[arg-type]


async def taken(stores: Stores, number: int = 1, agent: Staff = LI) -> Handoff:
    found = await stores.desk.save(desk.take(await a_handoff(stores, number), agent, NOW))
    assert found is not None
    return found


async def sent(stores: Stores, user: str = "o-1") -> list[str]:
    items = await stores.outbox.of_user("official", user, after=NOW - timedelta(days=1))
    return [part.content for item in items for part in item.parts if isinstance(part, Text)]


async def test_of_agents_who_take_a_chat_at_once_one_gets_it(stores: Stores) -> None:
    waiting = await a_handoff(stores)
    agents = [Staff(f"a{number}", f"a{number}", f"坐席{number}", ("agent",)) for number in range(6)]
    got = await asyncio.gather(*(stores.desk.save(desk.take(waiting, each, NOW)) for each in agents))
    (winner,) = [each for each in got if each is not None]
    assert await stores.handoffs.get("h1") == winner
    assert winner.state == "active"
    assert len(await sent(stores)) == 1, "the citizen is greeted once"


async def test_an_agent_never_has_more_chats_than_the_capacity(stores: Stores) -> None:
    waiting = [await a_handoff(stores, number) for number in range(8)]
    steps = [desk.take(each, LI, NOW) for each in waiting]
    got = await asyncio.gather(*(stores.desk.save(step, capacity=3) for step in steps))
    assert sum(each is not None for each in got) == 3
    assert len(await stores.desk.active("li")) == 3


async def test_lines_of_both_sides_are_numbered_without_holes_and_leave_in_order(stores: Stores) -> None:
    await taken(stores)
    citizen = [desk.citizen_line(f"t{number}", f"问{number}", NOW) for number in range(5)]
    agent = [desk.agent_line(f"f{number}", LI, f"答{number}", NOW) for number in range(5)]
    await asyncio.gather(
        *(stores.desk.write("h1", line) for line in citizen),
        *(stores.desk.write("h1", line, agent="li") for line in agent),
    )
    messages = await stores.desk.messages("h1")
    assert [each.order for each in messages] == list(range(1, 12))
    assert [each.sender for each in messages].count("agent") == 5
    said = [each.text for each in messages if each.sender == "agent"]
    assert (await sent(stores))[1:] == said, "as they stand on the agent's screen"
    handoff = await stores.handoffs.get("h1")
    assert handoff is not None
    assert handoff.messages == 11
    assert handoff.unread
    await stores.desk.mark_read("h1", agent="li", order=11)
    handoff = await stores.handoffs.get("h1")
    assert handoff is not None
    assert not handoff.unread


async def test_the_same_line_again_is_stored_and_sent_once(stores: Stores) -> None:
    await taken(stores)
    line = desk.agent_line("f1", LI, "请带身份证", NOW)
    got = await asyncio.gather(*(stores.desk.write("h1", line, agent="li") for _ in range(4)))
    assert len({each.order for each in got if each is not None}) == 1
    assert (await sent(stores)).count("请带身份证") == 1
    assert [each.text for each in await stores.desk.messages("h1", after=1)] == ["请带身份证"]


async def test_only_who_has_the_chat_can_say_something(stores: Stores) -> None:
    await a_handoff(stores)
    early = desk.citizen_line("t1", "在吗", NOW)
    assert await stores.desk.write("h1", early) is None, "nobody has it yet: the assistant answers"
    handoff = await stores.handoffs.get("h1")
    assert handoff is not None
    active = await stores.desk.save(desk.take(handoff, LI, NOW))
    assert active is not None
    assert await stores.desk.write("h1", desk.agent_line("f1", WANG, "我来", NOW), agent="wang") is None
    closed = await stores.desk.save(desk.close(active, LI, "solved", NOW))
    assert closed is not None
    assert await stores.desk.write("h1", desk.citizen_line("t2", "谢谢", NOW)) is None
    assert await stores.desk.write("h1", desk.agent_line("f2", LI, "再见", NOW), agent="li") is None
    assert await stores.desk.save(desk.give_back(active, LI, NOW)) is None, "it is closed"


async def test_a_note_reaches_no_citizen(stores: Stores) -> None:
    await taken(stores)
    await stores.desk.write("h1", desk.note_line("n1", LI, "来过三次了", NOW), agent="li")
    assert (await stores.desk.messages("h1"))[-1].text == "来过三次了"
    assert "来过三次了" not in await sent(stores)


async def test_the_queue_gives_chats_that_lost_their_agent_first_and_then_the_oldest(stores: Stores) -> None:
    for number, minutes in ((1, 3), (2, 1), (3, 2)):
        await a_handoff(stores, number, opened_at=NOW + timedelta(minutes=minutes))
    assert [each.id for each in await stores.desk.waiting()] == ["h2", "h3", "h1"]
    found = await stores.handoffs.get("h1")
    assert found is not None
    active = await stores.desk.save(desk.take(found, LI, NOW))
    assert active is not None
    await stores.desk.save(desk.give_back(active, LI, NOW))
    assert [each.id for each in await stores.desk.waiting()] == ["h1", "h2", "h3"]


async def test_a_vanished_agents_chats_go_back_and_the_citizen_goes_on_talking(stores: Stores) -> None:
    await taken(stores, 1, LI)
    await taken(stores, 2, WANG)
    later = NOW + timedelta(minutes=2)
    await stores.desk.be_present("li", NOW)
    await stores.desk.be_present("wang", later)
    await asyncio.gather(*(Vanished(stores.desk).run_once(later) for _ in range(3)))
    assert [each.id for each in await stores.desk.waiting()] == ["h1"]
    assert [each.id for each in await stores.desk.active()] == ["h2"]
    assert sum("换一位" in each for each in await sent(stores)) == 1
    assert await stores.desk.write("h1", desk.citizen_line("t1", "还在吗", later)) is not None
    assert await stores.desk.present(since=later) == {"wang"}
    await stores.desk.leave("wang")
    assert await stores.desk.present(since=NOW) == {"li"}


async def test_a_citizen_who_comes_back_is_kept_a_while_for_the_last_agent(stores: Stores) -> None:
    active = await taken(stores)
    await stores.desk.save(desk.close(active, LI, "solved", NOW))
    again = await stores.handoffs.open(replace(active, id="h9", state="waiting", agent=""))
    assert (again.wanted, again.wanted_until) == ("li", NOW + KEPT_FOR_LAST)


async def test_a_closed_chat_is_rated_once_and_an_open_one_never(stores: Stores) -> None:
    active = await taken(stores)
    assert not await stores.handoffs.rate("h1", rating=5)
    await stores.desk.save(desk.leave(active, NOW))
    assert await stores.handoffs.rate("h1", rating=2)
    assert not await stores.handoffs.rate("h1", rating=5)
    assert await stores.handoffs.rate("h1", reason="等太久")
    found = await stores.handoffs.get("h1")
    assert found is not None
    assert (found.rating, found.rating_reason, found.outcome) == (2, "等太久", "left")


async def test_a_citizen_who_leaves_takes_along_all_that_was_said(stores: Stores) -> None:
    await taken(stores)
    await stores.desk.write("h1", desk.citizen_line("t1", "我的事", NOW))
    await stores.handoffs.forget("official", "o-1")
    assert await stores.desk.messages("h1") == ()
    assert await stores.desk.active() == ()


async def test_canned_replies_are_kept_in_their_order(stores: Stores) -> None:
    assert await stores.desk.replies() == ()
    await stores.desk.save_replies(["稍等", "请带身份证"])
    await stores.desk.save_replies(["请带身份证", "稍等"])
    assert await stores.desk.replies() == ("请带身份证", "稍等")


async def test_a_handoff_of_an_older_program_can_be_taken_read_and_closed(
    mongo: Mongo, stores: Stores
) -> None:
    await a_handoff(stores)
    known = ["channel", "user", "reason", "question", "opened_at", "state", "department", "closed_at", "open"]
    await mongo.collection("handoffs").update_one({"_id": "h1"}, [{"$project": dict.fromkeys(known, 1)}])
    found = await stores.handoffs.get("h1")
    assert found is not None
    active = await stores.desk.save(desk.take(found, LI, NOW), capacity=1)
    assert active is not None
    await stores.desk.write("h1", desk.citizen_line("t1", "在吗", NOW))
    await stores.desk.mark_read("h1", agent="li", order=2)
    found = await stores.handoffs.get("h1")
    assert found is not None
    assert not found.unread
    assert await stores.desk.save(desk.close(found, LI, "told", NOW)) is not None
