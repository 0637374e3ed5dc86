"""Group commit: what many turns ask of the database at the same time travels in one command.

One acknowledged, journaled write costs a disk flush and, through Motor, a change of threads; a hundred in one
command cost little more than one. Each caller still waits for its own result, and the fault of one is no
other's: a document that can't be encoded never enters a batch, and a known id is reported to its caller
alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import bson
import pymongo
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, WriteConcernError, WriteError

from storage.mongo import GRACE_SECONDS, OPERATION_SECONDS, Document, overdue, translated

LARGEST_BATCH: Final = 500
MOST_FLIGHTS: Final = 2
"""How many batches of one kind may be under way: the next ones gather behind them. The fewer, the fuller."""
_DUPLICATE_KEY: Final = 11000

Asked = TypeVar("Asked")
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class _Passenger(Generic[Asked, Given]):
    asked: Asked
    given: asyncio.Future[Given]


@dataclass(slots=True)
class Batcher(Generic[Asked, Given]):
    """Joins what concurrent callers ask; belongs to one event loop.

    It is the border of what it carries (`storage.mongo.border`): a caller waits no longer than for any
    operation, and gets our errors instead of the driver's.
    """

    fly: Callable[[Sequence[Asked]], Awaitable[Sequence[Given | Exception]]]
    """Does the work of a batch: one result, or one error, for each. What it raises is everybody's."""
    name: str
    largest: int = LARGEST_BATCH
    _queue: list[_Passenger[Asked, Given]] = field(default_factory=list, init=False)
    _flights: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _boarding: bool = field(default=False, init=False)
    _waiting: deque[tuple[float, asyncio.Future[Given]]] = field(default_factory=deque, init=False)
    _watch: asyncio.TimerHandle | None = field(default=None, init=False)

    async def ask(self, asked: Asked) -> Given:
        """Board the next batch, wait for the own result; `StoreUnavailableError` when it comes too late."""
        loop = asyncio.get_running_loop()
        passenger: _Passenger[Asked, Given] = _Passenger(asked, loop.create_future())
        self._queue.append(passenger)
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()
        self._waiting.append((loop.time(), passenger.given))
        if self._watch is None:
            self._watch = loop.call_later(_PATIENCE_SECONDS, self._turn_away, context=Context())
        self._call_flight()
        return await passenger.given

    async def close(self) -> None:
        """Wait for what is under way."""
        while self._flights:
            await asyncio.gather(*self._flights, return_exceptions=True)
            await asyncio.sleep(0)  # from Python 3.12 on gather doesn't let `_landed` run when all are done
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _call_flight(self) -> None:
        """Start a batch at the loop's next turn, when all who come in this one have boarded."""
        if self._boarding or not self._queue or len(self._flights) >= MOST_FLIGHTS:
            return
        self._boarding = True
        # A fresh context: the driver keeps its deadlines in it, and the first caller's is not the batch's.
        task = asyncio.get_running_loop().create_task(self._depart(), name=self.name, context=Context())
        self._flights.add(task)
        task.add_done_callback(self._landed, context=Context())

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flights.discard(task)
        self._call_flight()

    async def _depart(self) -> None:
        self._boarding = False
        batch, self._queue = self._queue[: self.largest], self._queue[self.largest :]
        batch = [passenger for passenger in batch if not passenger.given.done()]
        if not batch:
            return
        try:
            with pymongo.timeout(OPERATION_SECONDS):
                results = await self.fly([passenger.asked for passenger in batch])
        except asyncio.CancelledError:
            for passenger in batch:
                passenger.given.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the callers' to handle
            results = [error] * len(batch)
        for passenger, result in zip(batch, results, strict=True):
            if passenger.given.done():
                continue
            if isinstance(result, Exception):
                passenger.given.set_exception(translated(result))
            else:
                passenger.given.set_result(result)

    def _turn_away(self) -> None:
        """Let those go who have waited too long, wherever they are. One timer watches over all."""
        loop, waiting = asyncio.get_running_loop(), self._waiting
        while waiting and (waiting[0][1].done() or waiting[0][0] + _PATIENCE_SECONDS <= loop.time()):
            _, given = waiting.popleft()
            if not given.done():
                given.set_exception(overdue(OPERATION_SECONDS))
        self._watch = None
        if waiting:
            self._watch = loop.call_at(waiting[0][0] + _PATIENCE_SECONDS, self._turn_away, context=Context())


_PATIENCE_SECONDS: Final = OPERATION_SECONDS + GRACE_SECONDS


@dataclass(frozen=True, slots=True)
class InsertBatcher:
    """Joins concurrent inserts into one collection."""

    collection: AsyncCollection[Document]
    batches: Batcher[RawBSONDocument, bool] = field(init=False)

    def __post_init__(self) -> None:
        """Make the batcher that carries the documents."""
        object.__setattr__(self, "batches", Batcher(self._insert, "storage.insert_batch"))

    async def insert(self, document: Document) -> bool:
        """Store a document; False when its `_id` is known already. Returns when the write is acknowledged."""
        return await self.batches.ask(RawBSONDocument(bson.encode(document)))

    async def close(self) -> None:
        """Wait for what is under way."""
        await self.batches.close()

    async def _insert(self, batch: Sequence[RawBSONDocument]) -> Sequence[bool | Exception]:
        documents: Any = batch
        try:
            await self.collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return _results(len(batch), error)
        return [True] * len(batch)


def _results(count: int, error: BulkWriteError) -> list[bool | Exception]:
    """Tell each caller of a batch with faults its own result."""
    faults = {fault["index"]: fault for fault in error.details["writeErrors"]}
    unsure = error.details.get("writeConcernErrors")
    results: list[bool | Exception] = []
    for index in range(count):
        fault = faults.get(index)
        if fault is not None and fault["code"] != _DUPLICATE_KEY:
            results.append(WriteError(fault["errmsg"], fault["code"], fault))
        elif unsure:
            results.append(WriteConcernError(unsure[0]["errmsg"], unsure[0]["code"], unsure[0]))
        else:
            results.append(fault is None)
    return results
