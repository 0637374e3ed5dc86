"""A way to the database that is cut right after a command was done, before its answer came back.

The program talks to MongoDB through a port of this; it can't know what became of the command.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

_HEADER: Final = 16
"""Each message begins with its length (MongoDB Wire Protocol)."""


@dataclass(slots=True)
class Cutter:
    """Passes everything through, until a request holds all of the words."""

    server_port: int
    port: int = 0
    words: tuple[bytes, ...] = ()
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def cut_after(self, *words: bytes) -> None:
        """Be gone as soon as the next request with these words was done."""
        self.words = words

    def mend(self) -> None:
        self.words = ()
        self.cut.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self.cut.is_set():
                await self._pass(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        self._writers |= {writer, server_writer}
        answering = asyncio.create_task(self._answers(server_reader, writer), name="answers")
        try:
            while not self.cut.is_set():
                request = await _message(reader)
                last = bool(self.words) and all(word in request for word in self.words)
                if last:
                    answering.cancel()
                    await asyncio.wait({answering})
                server_writer.write(request)
                await server_writer.drain()
                if last:
                    await _message(server_reader)  # done, and nobody will hear of it
                    self._go()
        finally:
            answering.cancel()
            server_writer.close()
            self._writers -= {writer, server_writer}

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                writer.write(await _message(reader))
                await writer.drain()

    def _go(self) -> None:
        self.cut.set()
        for writer in self._writers:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(_HEADER)
    return header + await reader.readexactly(int.from_bytes(header[:4], "little") - _HEADER)


@asynccontextmanager
async def cutter(server_port: int) -> AsyncIterator[Cutter]:
    """Listen on a free port of loopback."""
    made = Cutter(server_port)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made._go()
        await server.wait_closed()
