"""Group commit: inserts that come at the same time travel in one command.

One acknowledged, journaled write costs a disk flush; a hundred in one command cost little more than one. Each
caller still waits for its own document, and the fault of one is no other's: a document that can't be
encoded never enters a batch, and a known id is reported to its caller alone.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final

import bson
import pymongo
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, WriteConcernError, WriteError

from storage.mongo import OPERATION_SECONDS, Document

LARGEST_BATCH: Final = 500
MOST_FLIGHTS: Final = 4
"""How many batches may be under way: the next ones gather behind them."""
_DUPLICATE_KEY: Final = 11000


@dataclass(frozen=True, slots=True)
class _Passenger:
    document: RawBSONDocument
    inserted: asyncio.Future[bool]


@dataclass(slots=True)
class InsertBatcher:
    """Joins concurrent inserts into one collection; belongs to one event loop."""

    collection: AsyncCollection[Document]
    _queue: list[_Passenger] = field(default_factory=list, init=False)
    _flights: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _boarding: bool = field(default=False, init=False)

    async def insert(self, document: Document) -> bool:
        """Store a document; False when its `_id` is known already. Returns when the write is acknowledged."""
        raw = RawBSONDocument(bson.encode(document))
        passenger = _Passenger(raw, asyncio.get_running_loop().create_future())
        self._queue.append(passenger)
        self._call_flight()
        return await passenger.inserted

    async def close(self) -> None:
        """Wait for what is under way."""
        while self._flights:
            await asyncio.gather(*self._flights, return_exceptions=True)
            await asyncio.sleep(0)  # from Python 3.12 on gather doesn't let `_landed` run when all are done

    def _call_flight(self) -> None:
        """Start a batch at the loop's next turn, when all who come in this one have boarded."""
        if self._boarding or not self._queue or len(self._flights) >= MOST_FLIGHTS:
            return
        self._boarding = True
        # A fresh context: the driver keeps its deadlines in it, and the first caller's is not the batch's.
        task = asyncio.get_running_loop().create_task(
            self._fly(), name="storage.insert_batch", context=Context()
        )
        self._flights.add(task)
        task.add_done_callback(self._landed, context=Context())

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flights.discard(task)
        self._call_flight()

    async def _fly(self) -> None:
        self._boarding = False
        batch, self._queue = self._queue[:LARGEST_BATCH], self._queue[LARGEST_BATCH:]
        batch = [passenger for passenger in batch if not passenger.inserted.done()]
        if not batch:
            return
        try:
            with pymongo.timeout(OPERATION_SECONDS):
                documents: Any = [passenger.document for passenger in batch]
                await self.collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            _report(batch, error)
        except asyncio.CancelledError:
            for passenger in batch:
                passenger.inserted.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the callers' to handle
            _fail(batch, error)
        else:
            for passenger in batch:
                _tell(passenger, result=True)


def _report(batch: list[_Passenger], error: BulkWriteError) -> None:
    """Tell each caller of a batch with faults its own result."""
    faults = {fault["index"]: fault for fault in error.details["writeErrors"]}
    unsure = error.details.get("writeConcernErrors")
    for index, passenger in enumerate(batch):
        fault = faults.get(index)
        if fault is not None and fault["code"] != _DUPLICATE_KEY:
            _fail([passenger], WriteError(fault["errmsg"], fault["code"], fault))
        elif unsure:
            _fail([passenger], WriteConcernError(unsure[0]["errmsg"], unsure[0]["code"], unsure[0]))
        else:
            _tell(passenger, result=fault is None)


def _tell(passenger: _Passenger, *, result: bool) -> None:
    if not passenger.inserted.done():
        passenger.inserted.set_result(result)


def _fail(batch: list[_Passenger], error: Exception) -> None:
    for passenger in batch:
        if not passenger.inserted.done():
            passenger.inserted.set_exception(error)
