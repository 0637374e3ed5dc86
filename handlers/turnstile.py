"""The short way of a turn through the database, which nearly all turns take.

A turn that nobody else is in the way of needs no lock: it reads the conversation, decides, and saves on the
condition that the conversation is still as it was read. Entering and leaving are shared with the turns
beside it. Whatever isn't plain goes the long way: `ConversationStore.lock` and `TurnStore.finish`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from handlers.conversation import Conversation
from handlers.turns import Trace
from messages import Inbound, Part

Departure = Literal["passive", "saved", "changed", "gone"]
"""`passive`: all is done, the reply goes out as the answer to WeChat. `saved`: the conversation is saved, the
turn has to be finished the long way (it is late, or its citizen left). `changed`: somebody else has or had
the conversation, nothing was saved. `gone`: the conversation was deleted, nothing was saved."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A turn that has decided what to say and has no effects."""

    conversation: Conversation
    """As it is to be saved: `last_turn` is the key of this turn, `last_parts` what it says."""
    seen: str
    """`last_turn` as it was entered: what must still stand there."""
    owner: str
    trace: Trace
    now: datetime
    late_lead: Sequence[Part] = ()


class Turnstile(Protocol):
    """Lets turns in and out together."""

    async def enter(self, inbound: Inbound, *, owner: str, now: datetime) -> Conversation | None:
        """Read the citizen's conversation (made when new), without a lock.

        None when somebody holds it or makes it in this moment, or while another owner handles an older
        message of the citizen.
        """

    async def leave(self, leaving: Leaving) -> Departure:
        """Save the conversation if it is still as it was seen; only then mark the turn done, if it may be."""
