"""The pushing side: delivers as WeChat does, up to the number of times it would, on its worst days too."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from tests.platform.accounts import FakeAccount, Fields, SignedRequest, signed, verification
from tests.platform.verdict import Answer, BrokenRuleError, judge
from tests.platform.wire import PLAINLY, HttpAnswer, HungUpError, Manner, exchange

TIMEOUT_SECONDS: Final = 5.0
THREE: Final = 3
ONE_AND_THREE: Final = 4
"""“总共重试三次” can be read both ways (shared/WECHAT.md 2)."""

Outcome = Literal["answered", "timed_out", "dropped", "failed"]


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one delivery."""

    outcome: Outcome
    answer: Answer | None = None
    problem: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """How one message is delivered."""

    deliveries: int = THREE
    again: bool = False
    """Deliver all times, as if each answer had been lost on its way back."""
    same_nonce: bool = True
    """Retries are the same bytes; else each has a nonce, time and ciphertext of its own."""
    at_once: bool = False
    """Deliver all times concurrently."""
    dropped: frozenset[int] = frozenset()
    """Deliveries (from 0) whose connection WeChat closes without reading."""
    pieces: int = 1
    timeout_seconds: float = TIMEOUT_SECONDS


ONCE: Final = Plan(deliveries=1)
USUAL: Final = Plan()


@dataclass(slots=True)
class FakeWeChat:
    """One account's pushing side. Deliveries go to the addresses in turn, as a load balancer would."""

    account: FakeAccount
    addresses: Sequence[Address]
    clock: Callable[[], datetime]
    seed: int = 1
    after_drop: Callable[[Fields], Awaitable[object]] | None = None
    """Awaited after a dropped delivery, before the next one: the real platform hangs up after 5 s only."""
    _message_ids: Any = field(init=False)
    _turns: Any = field(init=False)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._message_ids = itertools.count(24_000_000_000_000_000 + self.seed * 1_000_000)
        self._turns = itertools.cycle(range(len(self.addresses)))
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible, nothing secret

    def nonce(self) -> str:
        return str(self._random.randrange(10**8, 10**10))

    def now(self) -> int:
        return int(self.clock().timestamp())

    def message(self, kind: str, user: str, **content: object) -> dict[str, Any]:
        """A message of a citizen with the next MsgId."""
        return {
            "ToUserName": self.account.original_id,
            "FromUserName": user,
            "CreateTime": self.now(),
            "MsgType": kind,
            **content,
            "MsgId": next(self._message_ids),
        }

    def text(self, user: str, content: str, **more: object) -> dict[str, Any]:
        return self.message("text", user, Content=content, **more)

    def event(self, user: str, name: str, key: str | None = None, **more: object) -> dict[str, Any]:
        keyed = {} if key is None else {"EventKey": key}
        return {
            "ToUserName": self.account.original_id,
            "FromUserName": user,
            "CreateTime": self.now(),
            "MsgType": "event",
            "Event": name,
            **keyed,
            **more,
        }

    def sign(self, fields: Fields) -> SignedRequest:
        return signed(self.account, fields, timestamp=str(self.now()), nonce=self.nonce())

    async def verify(self, *, echostr: str = "4375120948345356249") -> HttpAnswer:
        """The GET that the platform sends when an operator saves the settings page."""
        request = verification(self.account, timestamp=str(self.now()), nonce=self.nonce(), echostr=echostr)
        return await self.send(request, Manner(method="GET"))

    async def send(self, request: SignedRequest, manner: Manner = PLAINLY) -> HttpAnswer:
        """Any request at all, to the next address; the answer as it came."""
        address = self.addresses[next(self._turns)]
        answer = await exchange(address.host, address.port, request, manner, timeout_seconds=TIMEOUT_SECONDS)
        if answer is None:
            raise HungUpError("dropped on purpose")
        return answer

    async def push(self, fields: Fields, plan: Plan = USUAL) -> list[Delivery]:
        """Deliver one message by the plan. Stops at the first good answer unless the plan says `again`."""
        first = self.sign(fields)
        requests = [first] + [
            first if plan.same_nonce else self.sign(fields) for _ in range(plan.deliveries - 1)
        ]
        if plan.at_once:
            return list(
                await asyncio.gather(
                    *(self._deliver(each, fields, plan, number) for number, each in enumerate(requests))
                )
            )
        deliveries: list[Delivery] = []
        for number, request in enumerate(requests):
            deliveries.append(await self._deliver(request, fields, plan, number))
            if deliveries[-1].outcome == "answered" and not plan.again:
                break
            if deliveries[-1].outcome == "dropped" and self.after_drop is not None:
                await self.after_drop(fields)
        return deliveries

    async def say(self, user: str, content: str) -> Answer:
        """Deliver a text once and expect a good answer."""
        return await self.expect(self.text(user, content))

    async def expect(self, fields: Fields) -> Answer:
        """Deliver once and expect a good answer."""
        (delivery,) = await self.push(fields, ONCE)
        if delivery.answer is None:
            raise AssertionError(f"{delivery.outcome}: {delivery.problem}")
        return delivery.answer

    async def _deliver(self, request: SignedRequest, fields: Fields, plan: Plan, number: int) -> Delivery:
        address = self.addresses[next(self._turns)]
        manner = Manner(pieces=plan.pieces, drop=number in plan.dropped)
        try:
            answer = await exchange(
                address.host, address.port, request, manner, timeout_seconds=plan.timeout_seconds
            )
        except TimeoutError:
            return Delivery("timed_out", problem=f"no answer in {plan.timeout_seconds:g} s")
        except HungUpError as error:
            return Delivery("failed", problem=str(error))
        if answer is None:
            return Delivery("dropped")
        if answer.status != 200:
            return Delivery("failed", problem=f"status {answer.status}", status=answer.status)
        return Delivery("answered", judge(self.account, request, fields, answer), status=200)


__all__ = [
    "ONCE",
    "ONE_AND_THREE",
    "THREE",
    "USUAL",
    "Address",
    "Answer",
    "BrokenRuleError",
    "Delivery",
    "FakeWeChat",
    "Plan",
]
