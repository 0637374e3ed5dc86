"""The seam to the database driver: connections, deadlines, errors and indexes. Nothing else imports a driver.

Motor was asked for; its life ends on 2027-05-14 and PyMongo's own asyncio API follows it (see
docs/decisions/0002). Both have the same methods, but where one returns a value the other may return an
awaitable of it (aggregate, watch, list_indexes, close, start_session, start_transaction): `settle` takes
either. Motor's objects are typed as PyMongo's, which they mirror.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, ParamSpec, TypeVar, cast

import pymongo
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel, ReadPreference, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern

from messages import StoreUnavailableError

Driver = Literal["motor", "pymongo"]
Document = dict[str, Any]
Session = AsyncClientSession
P = ParamSpec("P")
T = TypeVar("T")

OPERATION_SECONDS: Final = 2.0
"""What one operation may take: citizens are answered within 4 s (WeChat gives up after 5)."""
GRACE_SECONDS: Final = 0.5
"""For the driver to report its own time-out; after that the event loop stops waiting (Motor's threads)."""
BULK_SECONDS: Final = 60.0
"""For imports and for building indexes."""

_PASSING_CODES: Final = frozenset({
    6, 7, 89, 91, 100, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436, 317,
})  # fmt: skip
"""Server error codes that pass by themselves: unreachable hosts, shutdown, fail-over, time limits.

From the retryable codes of the driver specification (retryable-writes.md), and 262 ExceededTimeLimit,
100 UnsatisfiableWriteConcern.
"""


def border(
    seconds: float = OPERATION_SECONDS,
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """The border of every store, as a decorator: a deadline, and the driver's errors become ours.

    What the database can't do now is a `StoreUnavailableError`; what it refuses because we are wrong stays
    the driver's error, so that it is seen as the bug it is.

    The driver is never cancelled: it ends by its own deadline, and whoever asked stops waiting a little
    later. (PyMongo's asyncio pool, cancelled while it is timing out, loses its lock and then waits for ever;
    Motor's threads can't be cancelled at all.)
    """

    def decorate(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @functools.wraps(work)
        async def bounded(*args: P.args, **kwargs: P.kwargs) -> T:
            return await _within(seconds, functools.partial(work, *args, **kwargs))

        return bounded

    return decorate


_running: Final[set[asyncio.Task[Any]]] = set()
"""Operations under way, also those that nobody waits for any more: the event loop alone would forget them."""


async def _within(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    with pymongo.timeout(seconds):
        task = asyncio.create_task(_mapped(seconds, work), name="storage operation")
    _running.add(task)
    task.add_done_callback(_forget)
    await asyncio.wait({task}, timeout=seconds + GRACE_SECONDS)
    if task.done():
        return task.result()
    raise overdue(seconds)


def _forget(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # looked at, so that asyncio doesn't complain when nobody waited


async def _mapped(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    try:
        return await work()
    except TimeoutError as error:
        raise overdue(seconds) from error
    except PyMongoError as error:
        ours = translated(error)
        if ours is error:
            raise
        raise ours from error


def translated(error: Exception) -> Exception:
    """What passes by itself as a `StoreUnavailableError`; any other error as it is."""
    if isinstance(error, TimeoutError):
        return overdue(OPERATION_SECONDS)
    if not isinstance(error, PyMongoError) or not is_passing(error):
        return error
    ours = StoreUnavailableError(
        f"MongoDB cannot be reached or is not ready ({type(error).__name__}): see whether it runs."
    )
    ours.__cause__ = error
    return ours


def overdue(seconds: float) -> StoreUnavailableError:
    """The error of an operation that was not done in time."""
    return StoreUnavailableError(f"MongoDB did not answer within {seconds:g} s: see whether it runs.")


@dataclass(frozen=True, slots=True)
class Mongo:
    """An open connection to one database, whichever the driver."""

    client: AsyncMongoClient[Document]
    database: AsyncDatabase[Document]

    def collection(self, name: str) -> AsyncCollection[Document]:
        """One collection."""
        return self.database[name]

    @border()
    async def ping(self) -> None:
        """Raise `StoreUnavailableError` unless the primary answers in time."""
        await self.database.command("ping", read_preference=ReadPreference.PRIMARY)

    async def transact(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
        """Run `work` in one transaction (all or nothing); it is run again when another one got in its way."""
        started: Session = await settle(self.client.start_session())
        async with started as session:
            return await session.with_transaction(
                work,
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority", j=True),
                read_preference=ReadPreference.PRIMARY,
            )

    async def close(self) -> None:
        """Let operations under way end, then close all connections.

        A transaction whose client goes away in the middle keeps its locks on the server for a minute.
        """
        loop = asyncio.get_running_loop()
        if under_way := {task for task in _running if task.get_loop() is loop}:
            await asyncio.wait(under_way, timeout=OPERATION_SECONDS + GRACE_SECONDS)
        await settle(self.client.close())


async def settle(value: Any) -> Any:
    """The value itself, awaited first where this driver wants that."""
    return await value if inspect.isawaitable(value) else value


def connect(uri: str, database: str, *, driver: Driver = "motor") -> Mongo:
    """Make a connection for the running event loop. Nothing is sent before the first operation."""
    options: dict[str, Any] = {
        "appname": "lingjuli",
        "tz_aware": True,
        "w": "majority",
        "journal": True,
        "retryWrites": True,
        "timeoutMS": int(OPERATION_SECONDS * 1000),
        "serverSelectionTimeoutMS": int(OPERATION_SECONDS * 1000),
        "connectTimeoutMS": int(OPERATION_SECONDS * 1000),
    }
    if driver == "motor":
        motor: Any = AsyncIOMotorClient(uri, io_loop=asyncio.get_running_loop(), **options)
        client = cast("AsyncMongoClient[Document]", motor)
    else:
        client = AsyncMongoClient(uri, **options)
    return Mongo(client=client, database=client[database])


def is_passing(error: PyMongoError) -> bool:
    """Whether the trouble is the database's state of the moment, and not what we asked of it."""
    if isinstance(error, ConnectionFailure | WriteConcernError) or error.timeout:
        return True
    if isinstance(error, BulkWriteError):
        return bool(error.details.get("writeConcernErrors")) and not error.details.get("writeErrors")
    labels = ("RetryableWriteError", "TransientTransactionError", "UnknownTransactionCommitResult")
    return any(error.has_error_label(label) for label in labels) or (
        isinstance(error, OperationFailure) and error.code in _PASSING_CODES
    )


_DEFINED_OTHERWISE: Final = (85, 86)
"""IndexOptionsConflict and IndexKeySpecsConflict."""

_CITIZEN: Final = [("inbound.channel", ASCENDING), ("inbound.user", ASCENDING)]
_OWN: Final = [("channel", ASCENDING), ("user", ASCENDING)]
_EXPIRY: Final = IndexModel([("expire_at", ASCENDING)], name="expiry", expireAfterSeconds=0)


def _dated(field: str) -> IndexModel:
    """An index over a date that most documents lack."""
    keys = [(field, ASCENDING), ("_id", ASCENDING)]
    return IndexModel(keys, name=field, partialFilterExpression={field: {"$type": "string"}})


INDEXES: Final[dict[str, tuple[IndexModel, ...]]] = {
    "turns": (
        IndexModel([*_CITIZEN, ("status", ASCENDING), ("inbound.at", ASCENDING)], name="citizen"),
        IndexModel([("status", ASCENDING), ("lease_until", ASCENDING)], name="lease"),
        IndexModel(
            [("received_at", DESCENDING)],
            name="asked",
            partialFilterExpression={"trace.rule": "question"},
        ),
        IndexModel([("unclaimed_at", ASCENDING)], name="unclaimed", sparse=True),
        IndexModel(
            [("received_at", ASCENDING)],
            name="missed",
            partialFilterExpression={"trace.outcome": "not_answered"},
        ),
        IndexModel(
            [("received_at", DESCENDING)], name="rated", partialFilterExpression={"useful": {"$gte": False}}
        ),
        IndexModel([("status", ASCENDING), ("received_at", ASCENDING)], name="day"),
        IndexModel(
            [("trace.entry", ASCENDING), ("received_at", DESCENDING)],
            name="entry",
            partialFilterExpression={"trace.outcome": "answered"},
        ),
        _EXPIRY,
    ),
    "conversations": (_EXPIRY,),
    "handoffs": (
        IndexModel(_OWN, name="one_open", unique=True, partialFilterExpression={"open": True}),
        IndexModel([*_OWN, ("opened_at", ASCENDING)], name="citizen"),
        IndexModel(
            [("state", ASCENDING), ("priority", DESCENDING), ("opened_at", ASCENDING), ("_id", ASCENDING)],
            name="queue",
        ),
        IndexModel([("agent", ASCENDING), ("state", ASCENDING), ("claimed_at", ASCENDING)], name="agent"),
        IndexModel([("opened_at", ASCENDING)], name="opened"),
        _EXPIRY,
    ),
    "desk_messages": (
        IndexModel([("handoff", ASCENDING), ("order", ASCENDING)], name="order", unique=True),
        IndexModel(_OWN, name="citizen"),
        _EXPIRY,
    ),
    "desk_replies": (IndexModel([("hall", ASCENDING)], name="hall"),),
    "desk_agents": (IndexModel([("seen_at", ASCENDING)], name="seen"),),
    "tallies": (_EXPIRY,),
    "outbox": (
        IndexModel([("status", ASCENDING), ("created_at", ASCENDING), ("due_at", ASCENDING)], name="due"),
        IndexModel([("status", ASCENDING), ("lease_until", ASCENDING)], name="lease"),
        IndexModel([*_OWN, ("created_at", ASCENDING)], name="citizen"),
        IndexModel([("job", ASCENDING)], name="job", partialFilterExpression={"job": {"$gt": ""}}),
        _EXPIRY,
    ),
    "staff": (IndexModel([("login", ASCENDING)], name="login", unique=True),),
    "staff_sessions": (IndexModel([("staff_id", ASCENDING)], name="staff"), _EXPIRY),
    "attempts": (_EXPIRY,),
    "keys": (IndexModel([("purpose", ASCENDING)], name="purpose", unique=True),),
    "api_tokens": (IndexModel([("staff_id", ASCENDING), ("created_at", DESCENDING)], name="staff"), _EXPIRY),
    "uploads": (IndexModel([("upload", ASCENDING)], name="upload"), _EXPIRY),
    "audit": (
        IndexModel([("at", DESCENDING)], name="newest"),
        IndexModel([("login", ASCENDING), ("at", DESCENDING)], name="login"),
        IndexModel([("target", ASCENDING), ("at", DESCENDING)], name="target"),
        _EXPIRY,
    ),
    "receipts": (_EXPIRY,),
    "consents": (IndexModel([*_OWN, ("template_id", ASCENDING)], name="citizen_template", unique=True),),
    "tokens": (IndexModel([("renew_at", ASCENDING)], name="renewal"),),
    "entries": (IndexModel([("position", ASCENDING)], name="position"),),
    "dossiers": (
        IndexModel([("changed_at", DESCENDING), ("_id", ASCENDING)], name="changed"),
        IndexModel([("entry.department", ASCENDING), ("changed_at", DESCENDING)], name="department"),
        IndexModel([("entry.state", ASCENDING), ("changed_at", DESCENDING)], name="state"),
        IndexModel([("entry.question", ASCENDING), ("_id", ASCENDING)], name="question"),
        IndexModel([("phrasings", ASCENDING)], name="phrasings"),
        IndexModel(
            [("publish_at", ASCENDING)], name="due", partialFilterExpression={"entry.state": "scheduled"}
        ),
        _dated("review_on"),
        _dated("valid_until"),
    ),
    "revisions": (
        IndexModel([("entry_id", ASCENDING), ("number", DESCENDING)], name="history", unique=True),
    ),
    "gaps": (IndexModel([("at", DESCENDING)], name="at"),),
    "guides": (IndexModel([("position", ASCENDING)], name="position"),),
    "gold": (IndexModel([("position", ASCENDING)], name="position"),),
    "hall": (IndexModel([("position", ASCENDING)], name="position"),),
    "menus": (IndexModel([("revision", ASCENDING)], name="revision"),),
    "meta": (IndexModel([("revision", ASCENDING)], name="revision"),),
}
"""All collections with their indexes. Each has one, so that making the index makes the collection."""


@border(BULK_SECONDS)
async def ensure_indexes(mongo: Mongo) -> None:
    """Make the collections and indexes that are missing, and renew those defined otherwise by now."""
    await asyncio.gather(*(_ensure(mongo.collection(name), models) for name, models in INDEXES.items()))


async def _ensure(collection: AsyncCollection[Document], models: Sequence[IndexModel]) -> None:
    try:
        await collection.create_indexes(list(models))
    except OperationFailure as error:
        if error.code not in _DEFINED_OTHERWISE:
            raise
        await _renew(collection, models)


async def _renew(collection: AsyncCollection[Document], models: Sequence[IndexModel]) -> None:
    """An older version of the program made an index of the same name: drop that one and make ours."""
    for model in models:
        try:
            await collection.create_indexes([model])
        except OperationFailure as error:
            if error.code not in _DEFINED_OTHERWISE:
                raise
            await collection.drop_index(str(model.document["name"]))
            await collection.create_indexes([model])


@border()
async def missing_indexes(mongo: Mongo) -> tuple[str, ...]:
    """Indexes that should be there and are not, as `collection.index` (for `python -m bot check`)."""
    missing: list[str] = []
    for name, models in INDEXES.items():
        found = {index["name"] async for index in await settle(mongo.collection(name).list_indexes())}
        wanted = [str(model.document["name"]) for model in models]
        missing.extend(f"{name}.{index}" for index in wanted if index not in found)
    return tuple(missing)
