"""Where a message's CPU time goes: each step by itself, CPU time, the quickest of several rounds.

The quickest round is the one that other programs disturbed least, so this table can be trusted most on a
machine that is not alone. What isn't listed is HTTP (the bare aiohttp handler), the driver and asyncio.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import bson

from benchmarks import throughput_requests as made
from bot.dialogue import BEIJING
from bot.telemetry import Metrics
from handlers import table
from handlers.conversation import Conversation, State
from handlers.talk import Answer, Services
from handlers.talk import Turn as Talk
from handlers.turns import Trace, Turn
from handlers.words import tidy
from knowledge.snapshot import Snapshot, build
from messages import Inbound
from storage.conversations import load_conversation, new_conversation
from storage.documents import dump
from storage.turns import turn_document
from wechat.codec import Opened, answer, open_push
from wechat.push import message_fields, push
from wechat.render import first_message, paginate

ROUNDS, EACH = 9, 200


def quickest(work: Callable[[], object]) -> float:
    """Microseconds of one call."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.thread_time()
        for _ in range(EACH):
            work()
        best = min(best, (time.thread_time() - begun) / EACH)
    return best * 1e6


def _done(work: Coroutine[Any, Any, tuple[Answer, Trace]]) -> tuple[Answer, Trace]:
    """Run what never really waits, without an event loop."""
    try:
        work.send(None)
    except StopIteration as finished:
        result: tuple[Answer, Trace] = finished.value
        return result
    raise RuntimeError("the rules waited for something")


def steps() -> dict[str, float]:
    """Microseconds of each step."""
    now, text = datetime.now(UTC), made.as_asked(1)(random.Random(5))  # noqa: S311 - the same question
    snapshot = build(1, made.hall(), now.astimezone(BEIJING).date())
    found: dict[str, float] = {}
    plain = _doors(found, text, now)
    said, trace = _rules(found, snapshot, plain.inbound, now)
    first, _ = paginate(said.parts, "official")
    found["page and render the reply"] = quickest(lambda: paginate(said.parts, "official")) + quickest(
        lambda: first_message(first, plain.inbound)
    )
    found["documents: make and encode"], found["documents: decode and read"] = _documents(
        plain.inbound, Conversation("official", plain.inbound.user, said.state, "k" * 40, first), trace, now
    )
    found["metrics"] = quickest(_counting(Metrics()))
    return found


def _counting(metrics: Metrics) -> Callable[[], None]:
    def count() -> None:
        metrics.pushes.labels("official", "replied").inc()
        metrics.turns.labels("question", "answered").inc()
        metrics.turn_seconds.observe(0.1)

    return count


def _doors(found: dict[str, float], text: str, now: datetime) -> Opened:
    opened: Opened | None = None
    for mode in ("safe", "plain"):
        account = made.account(mode)
        fields = message_fields("text", user="o" * 28, account_id="gh_x", message_id=1, now=now, Content=text)
        given = push(account, fields, nonce="12345", now=now)

        def take(given: Any = given, account: Any = account) -> Opened:
            return open_push(account, given.query, given.body, given.content_type, now)

        opened = take()
        reply, _ = first_message(made.REPLY, opened.inbound)
        found[f"check and parse ({mode})"] = quickest(take)
        found[f"seal the answer ({mode})"] = quickest(
            lambda account=account, opened=opened, reply=reply: answer(account, opened, reply, now)  # type: ignore[misc]
        )
    assert opened is not None
    return opened


def _rules(
    found: dict[str, float], snapshot: Snapshot, inbound: Inbound, now: datetime
) -> tuple[Answer, Trace]:
    today, services = now.astimezone(BEIJING).date(), Services("http://127.0.0.1", 0)

    def talk() -> Talk:
        return Talk(inbound, tidy(inbound.text), State(), snapshot, now, today)

    found["rules, the question known by heart"] = quickest(lambda: _done(table.answer(talk(), services)))
    index = snapshot.index
    found["understanding a new question"] = quickest(lambda: index.decide(inbound.text))
    return _done(table.answer(talk(), services))


def _documents(
    inbound: Inbound, conversation: Conversation, trace: Trace, now: datetime
) -> tuple[float, float]:
    turn = Turn(inbound, "running", "0" * 16, now, now + timedelta(seconds=30))
    stored = {**new_conversation("official", inbound.user, expire_at=now), **dump(conversation)}
    encoded = bson.encode(stored)

    def write() -> None:
        bson.encode(turn_document(turn, keep_days=180))
        bson.encode({**dump(conversation), "trace": dump(trace), "parts": dump(conversation.last_parts)})

    return quickest(write), quickest(lambda: load_conversation(bson.decode(encoded)))
