"""Citizens who write: each asks different questions one after another, and notes what came of each."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Final, Literal

from handlers import texts
from messages import Channel
from tests.platform.api_server import PlatformApi
from tests.platform.pusher import ONCE, THREE, Answer, FakeWeChat
from tests.soak.hall import QUESTIONS, answers_in

EACH: Final = 5
"""Messages of one citizen: as many answers may be sent in 48 hours, so that no window holds one back."""
RETRY_SECONDS: Final = 2.0
"""Between two deliveries of a message. The platform's pace is not documented: about 15 s for three."""

Result = Literal["answered", "acknowledged", "declined", "unanswered"]
"""`answered`: with the answer. `acknowledged`: `success`, or "received": the answer is owed. `declined`: told
to write again. `unanswered`: no delivery got through, nothing was promised."""


@dataclass(slots=True)
class Message:
    channel: Channel
    user: str
    number: int
    """The platform's MsgId."""
    entry: str
    """The entry that answers it; no citizen asks for one twice."""
    result: Result = "unanswered"
    deliveries: int = 0


@dataclass(slots=True)
class Load:
    """So many citizens at a time, new ones coming as others have asked enough."""

    wechat: dict[Channel, FakeWeChat]
    api: PlatformApi
    citizens: int
    pause_seconds: float
    """On average, between two messages of one citizen."""
    seed: int = 1
    messages: list[Message] = field(default_factory=list)
    _stopping: bool = False

    async def run(self) -> None:
        """Write until `stop`; every message that was begun is brought to its end."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.citizens):
                group.create_task(self._place(number), name=f"place {number}")

    def stop(self) -> None:
        self._stopping = True

    async def _place(self, number: int) -> None:
        generation = 0
        while not self._stopping:
            await self._citizen(number, generation)
            generation += 1

    async def _citizen(self, number: int, generation: int) -> None:
        channel: Channel = "mini" if number % 2 else "official"
        user = f"oSoak{number:03}x{generation:03}"
        chance = random.Random(f"{self.seed} {user}")  # noqa: S311 - reproducible, nothing secret
        for entry in chance.sample(sorted(QUESTIONS), EACH):
            if self._stopping:
                return
            await self._say(channel, user, entry)
            await asyncio.sleep(chance.uniform(0, 2 * self.pause_seconds))

    async def _say(self, channel: Channel, user: str, entry: str) -> None:
        wechat = self.wechat[channel]
        fields = wechat.text(user, QUESTIONS[entry])
        message = Message(channel, user, fields["MsgId"], entry)
        self.messages.append(message)
        app_id = wechat.account.app_id
        self.api.worlds[app_id].windows.deed(app_id, user, "message", self.api.clock(), channel=channel)
        for _ in range(THREE):
            message.deliveries += 1
            (delivery,) = await wechat.push(fields, ONCE)
            if delivery.answer is not None:
                message.result = result_of(delivery.answer, entry)
                return
            await asyncio.sleep(RETRY_SECONDS)


def result_of(answer: Answer, entry: str) -> Result:
    """What an answer promises."""
    if answer.silent or answer.text == texts.STORED_FOR_LATER:
        return "acknowledged"
    return "answered" if answers_in(answer.text) == [entry] else "declined"
