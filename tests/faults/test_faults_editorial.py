"""From a clerk's hands to a citizen's phone: what is published through the desk, and by the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from knowledge import editorial
from knowledge.dossiers import Dossier
from storage.stores import Stores
from tests.faults.conftest import Starter, wechat_for
from tests.faults.waiting import until
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, SMALL_HALL, Clock

pytestmark = pytest.mark.slow
EDITED = "社保卡补办搬到 8 号窗口了。"


async def _approved(hall: Stores, clock: Clock, words: str) -> Dossier:
    """A new version that Wang wrote and Li approved."""
    dossier = await hall.editorial.get(SMALL_HALL.entries[0].id, now=clock())
    assert dossier is not None
    step = editorial.edit(dossier, replace(dossier.entry, answer=words), "wang", now=clock())
    step = editorial.submit(await hall.editorial.save(step), "wang", now=clock())
    step = editorial.approve(await hall.editorial.save(step), "li", now=clock())
    return await hall.editorial.save(step)


async def test_citizens_get_the_old_words_until_the_new_ones_are_out(
    start: Starter, hall: Stores, clock: Clock
) -> None:
    async with start.here() as here:
        wechat = wechat_for(here, clock=clock)

        async def said(words: str) -> bool:
            return words in (await wechat.say("oAsker", KNOWN_QUESTION)).text

        ready = await _approved(hall, clock, EDITED)
        assert await said(KNOWN_ANSWER)
        await hall.editorial.save(editorial.publish(ready, "li", now=clock()))
        await until(lambda: said(EDITED), seconds=1.0)


async def test_a_program_that_starts_publishes_what_fell_due_meanwhile(
    start: Starter, hall: Stores, clock: Clock
) -> None:
    ready = await _approved(hall, clock, EDITED)
    at = clock() + timedelta(hours=1)
    await hall.editorial.save(editorial.schedule(ready, "li", now=clock(), at=at))
    clock.advance(hours=2)
    async with start.here() as here:
        wechat = wechat_for(here, clock=clock)

        async def said() -> bool:
            return EDITED in (await wechat.say("oAsker", KNOWN_QUESTION)).text

        await until(said)
