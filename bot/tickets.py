"""The line of one citizen's messages inside a process."""

from __future__ import annotations

import asyncio


class Ticket:
    """A place in the line of one citizen's messages in this process, taken on arrival."""

    def __init__(self, tails: dict[tuple[str, str], asyncio.Future[None]], citizen: tuple[str, str]) -> None:
        self._tails = tails
        self._citizen = citizen
        self._before = tails.get(citizen)
        self._mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        tails[citizen] = self._mine

    async def wait(self) -> None:
        """Wait until the message before this one is handled."""
        if self._before is not None:
            await asyncio.shield(self._before)

    def give_back(self) -> None:
        """Let the next one go, but never before the one in front. May be called twice."""
        if self._before is not None and not self._before.done():
            self._before.add_done_callback(lambda _: self._leave())
        else:
            self._leave()

    def _leave(self) -> None:
        if not self._mine.done():
            self._mine.set_result(None)
        if self._tails.get(self._citizen) is self._mine:
            del self._tails[self._citizen]
