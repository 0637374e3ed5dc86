"""A real MongoDB for tests: one server for the whole run, one database per worker, emptied for each test.

Fixtures: `mongo_server` (its `uri`), `mongo` (a connection to the empty database of this worker), `stores`.
They use Motor, the default; where tests should run on both drivers, override the fixture `driver`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.embedded import EmbeddedServer, embedded_mongod
from storage.mongo import INDEXES, Driver, Mongo, connect, ensure_indexes
from storage.stores import Stores, stores_of


def _folder_of_the_run(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of one pytest-xdist run share."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "embedded"


@pytest.fixture(scope="session")
async def mongo_server(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> AsyncIterator[EmbeddedServer]:
    """The server: started by the worker that comes first, stopped by the one that leaves last."""
    async with embedded_mongod(_folder_of_the_run(tmp_path_factory, worker_id)) as server:
        yield server


@pytest.fixture(scope="session")
def database_name(worker_id: str) -> str:
    """The database of this worker."""
    return f"test_{worker_id}"


@pytest.fixture(scope="session")
def driver() -> Driver:
    """The driver that tests use unless they say otherwise."""
    return "motor"


@pytest.fixture(scope="session")
async def connection(
    mongo_server: EmbeddedServer, database_name: str, driver: Driver
) -> AsyncIterator[Mongo]:
    """One connection for all tests of a worker: to open one for each test would be slow."""
    mongo = connect(mongo_server.uri, database_name, driver=driver)
    await ensure_indexes(mongo)
    yield mongo
    await mongo.close()


@pytest.fixture
async def mongo(connection: Mongo) -> Mongo:
    """A connection to an empty database with all its indexes."""
    await empty(connection)
    return connection


@pytest.fixture
async def stores(mongo: Mongo) -> AsyncIterator[Stores]:
    """All stores, empty."""
    async with stores_of(mongo) as opened:
        yield opened


async def empty(mongo: Mongo) -> None:
    """Delete all documents; the indexes stay, making them takes a quarter of a second."""
    await asyncio.gather(*(mongo.collection(name).delete_many({}) for name in INDEXES))


async def all_documents(mongo: Mongo) -> list[dict[str, Any]]:
    """Every document of every collection, for "this is nowhere any more"."""
    names = await mongo.database.list_collection_names()
    return [document for name in sorted(names) async for document in mongo.collection(name).find()]
