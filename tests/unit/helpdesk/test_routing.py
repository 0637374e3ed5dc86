from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from helpdesk.handoffs import Handoff
from helpdesk.routing import DEPARTMENT_FIRST, in_order, likely_minutes, may_take, next_for
from helpdesk.staff import Staff

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LI = Staff("li", "li.na", "李娜", ("agent",))
TAX = Staff("tax", "tax", "税务坐席", ("agent",), ("tax",))


def chat(name: str, minutes_ago: float, **changes: object) -> Handoff:
    opened = NOW - timedelta(minutes=minutes_ago)
    made = Handoff(name, "official", f"o-{name}", "asked", "", opened)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_priority_goes_before_age_and_age_before_everything_else() -> None:
    queue = [chat("new", 1), chat("old", 9), chat("lost", 0, priority=1)]
    assert [each.id for each in in_order(queue)] == ["lost", "old", "new"]


def test_a_chat_is_its_departments_first_and_everybodys_after_a_while() -> None:
    for minutes, allowed in ((1, False), (DEPARTMENT_FIRST / timedelta(minutes=1), True)):
        found = chat("a", minutes, department="civil")
        assert may_take(found, TAX, present=(), now=NOW) is allowed
        assert may_take(found, LI, present=(), now=NOW), "an agent of the whole hall"
    assert may_take(chat("b", 1), TAX, present=(), now=NOW), "nobody knows whose it is"


def test_a_chat_is_kept_for_somebody_while_they_are_there_and_not_for_ever() -> None:
    kept = chat("a", 1, wanted="tax", wanted_until=NOW + timedelta(minutes=1), department="civil")
    assert may_take(kept, TAX, present={"tax"}, now=NOW)
    assert not may_take(kept, LI, present={"tax", "li"}, now=NOW)
    assert may_take(kept, LI, present={"li"}, now=NOW)
    assert may_take(kept, LI, present={"tax"}, now=NOW + timedelta(minutes=1))


def test_an_agent_gets_first_what_is_kept_for_them() -> None:
    queue = [chat("old", 9), chat("mine", 1, wanted="li", wanted_until=NOW + timedelta(minutes=1))]
    assert [each.id for each in next_for(LI, queue, present={"li"}, now=NOW)] == ["mine", "old"]
    assert [each.id for each in next_for(TAX, queue, present={"li"}, now=NOW)] == ["old"]


def test_nobody_there_means_no_promise_of_minutes() -> None:
    assert likely_minutes(4, 0) is None
    assert [likely_minutes(ahead, 2) for ahead in (0, 1, 2, 3)] == [5, 5, 10, 10]
