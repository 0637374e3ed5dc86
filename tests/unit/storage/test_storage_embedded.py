"""The embedded server: real processes, each test in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from storage import embedded
from storage.embedded import EmbeddedServer, MongodFailedError, MongodMissingError, embedded_mongod
from storage.mongo import Mongo, connect
from storage.processes import command_line, find_server, wait_until_free

ROOT: Final = Path(__file__).parents[3]
OTHER_PROGRAM: Final = """
import asyncio, sys
from pathlib import Path
from storage.embedded import embedded_mongod

async def main():
    async with embedded_mongod(Path(sys.argv[1])) as server:
        print(server.pid, server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@asynccontextmanager
async def other_program(data_dir: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process that uses the folder until its standard input ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OTHER_PROGRAM, str(data_dir)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def said(process: asyncio.subprocess.Process) -> tuple[int, int]:
    """The process id and the port of the server that the other program uses."""
    assert process.stdout is not None
    pid, port = (await process.stdout.readline()).split()
    return int(pid), int(port)


async def leave(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0


def servers_on(data_dir: Path) -> list[int]:
    """All processes whose command line names the data folder as theirs."""
    wanted = f"--dbpath {data_dir}/mongo/data "
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if wanted in command_line(pid)]


@asynccontextmanager
async def connected(server: EmbeddedServer) -> AsyncIterator[Mongo]:
    mongo = connect(server.uri, "test", driver="pymongo")
    try:
        yield mongo
    finally:
        await mongo.close()


async def add_one(server: EmbeddedServer) -> int:
    """Store one more document; how many there are then."""
    async with connected(server) as mongo:
        await mongo.collection("things").insert_one({})
        return await mongo.collection("things").count_documents({})


async def test_it_starts_takes_writes_and_stops_without_a_trace(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as server:
        assert servers_on(tmp_path) == [server.pid]
        assert server.pid is not None
        assert os.getsid(server.pid) != os.getsid(0)  # Ctrl-C in the terminal does not reach it
        assert await add_one(server) == 1
    assert servers_on(tmp_path) == []


async def test_it_starts_quickly_again_with_its_data_and_its_port(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as first:
        await add_one(first)
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    async with embedded_mongod(tmp_path) as second:
        assert loop.time() - started_at < 5  # half a second, where nothing else runs
        assert await add_one(second) == 2
        assert second.port == first.port


async def test_another_port_is_taken_when_the_old_one_is_not_free(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as server:
        await add_one(server)

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    stranger = await asyncio.start_server(hang_up, "127.0.0.1", server.port)
    async with stranger, embedded_mongod(tmp_path) as moved:
        assert moved.port != server.port
        assert await add_one(moved) == 2


async def test_the_last_of_several_users_stops_it(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as first:
        async with embedded_mongod(tmp_path) as second:
            assert (second.pid, second.port) == (first.pid, first.port)
        assert await add_one(first) == 1
    assert servers_on(tmp_path) == []


async def test_of_two_programs_that_start_at_once_one_starts_it_and_the_last_stops_it(tmp_path: Path) -> None:
    async with other_program(tmp_path) as one, other_program(tmp_path) as two:
        (pid, port), (same_pid, same_port) = await asyncio.gather(said(one), said(two))
        assert (pid, port) == (same_pid, same_port)
        assert servers_on(tmp_path) == [pid]
        await leave(one)
        assert servers_on(tmp_path) == [pid]
        async with embedded_mongod(tmp_path) as server:
            assert server.pid == pid
            await leave(two)
            assert await add_one(server) == 1
    assert servers_on(tmp_path) == []


async def test_what_a_killed_program_left_behind_is_used_again(tmp_path: Path) -> None:
    async with other_program(tmp_path) as killed:
        pid, port = await said(killed)
        killed.kill()
    assert servers_on(tmp_path) == [pid]
    async with embedded_mongod(tmp_path) as server:
        assert (server.pid, server.port) == (pid, port)
        assert await add_one(server) == 1
    assert servers_on(tmp_path) == []


async def test_what_was_left_behind_and_does_not_answer_is_replaced(tmp_path: Path) -> None:
    async with other_program(tmp_path) as killed:
        pid, _ = await said(killed)
        killed.kill()
    os.kill(pid, signal.SIGSTOP)
    async with embedded_mongod(tmp_path) as server:
        assert server.pid not in {None, pid}
        assert servers_on(tmp_path) == [server.pid]
        assert await add_one(server) == 1


async def test_a_server_that_hangs_is_not_taken_away_from_others(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as server:
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        try:
            with pytest.raises(MongodFailedError, match="does not answer: stop all programs"):
                async with embedded_mongod(tmp_path):
                    pass
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert await add_one(server) == 1


async def test_the_process_id_of_another_program_is_not_taken_for_the_server(tmp_path: Path) -> None:
    data = tmp_path / "mongo" / "data"
    data.mkdir(parents=True)
    (data / "mongod.lock").write_text(f"{os.getpid()}\n")
    assert find_server(data) is None
    async with embedded_mongod(tmp_path) as server:
        assert server.pid not in {None, os.getpid()}


async def test_a_server_that_died_is_started_again_on_the_same_port(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as server, connected(server) as mongo:
        await mongo.collection("things").insert_one({})
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await wait_until_free(server.folder / "data")
        await asyncio.gather(server.look_after(), server.look_after())
        assert servers_on(tmp_path) == [server.pid]
        assert await mongo.collection("things").count_documents({}) == 1


async def test_its_log_is_kept_small(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as server:
        log = tmp_path / "mongo" / "mongod.log"
        with log.open("ab") as file:
            file.truncate(embedded.LARGEST_LOG_BYTES + 1)
        await server.look_after()
        assert (tmp_path / "mongo" / "mongod.old.log").exists()
        async with connected(server) as mongo:
            await mongo.ping()
    assert 0 < log.stat().st_size < embedded.LARGEST_LOG_BYTES


async def test_a_start_that_is_cancelled_leaves_nothing_behind(tmp_path: Path) -> None:
    async def use() -> None:
        async with embedded_mongod(tmp_path):
            raise AssertionError("cancelled before it was ready")

    starting = asyncio.create_task(use())
    await asyncio.wait({starting}, timeout=0.15)
    starting.cancel()
    await asyncio.wait({starting})
    assert starting.cancelled()
    assert servers_on(tmp_path) == []


async def test_without_any_mongod_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "fiftyone", None)
    with pytest.raises(MongodMissingError, match="set BOT_MONGODB_URI"):
        async with embedded_mongod(tmp_path):
            pass


async def test_the_mongod_on_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "mongod"
    own.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded.find_mongod() == own


@pytest.mark.parametrize("binary", ["/bin/false", "/nowhere/mongod"])
async def test_a_mongod_that_does_not_start_is_an_error_that_says_what_to_do(
    tmp_path: Path, binary: str
) -> None:
    with pytest.raises(MongodFailedError, match=r"does not start .* set BOT_MONGODB_URI"):
        async with embedded_mongod(tmp_path, binary=Path(binary)):
            pass


async def test_a_folder_that_cannot_be_used_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MongodFailedError, match="set BOT_DATA_DIR"):
        async with embedded_mongod(tmp_path / "file"):
            pass


def addresses_listened_on(port: int) -> list[str]:
    """As the kernel writes them."""
    tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.read_text(encoding="ascii").splitlines()[1:]]
    listening = [row[1].partition(":") for row in rows if row[3] == "0A"]
    return [address for address, _, found in listening if int(found, 16) == port]


@pytest.mark.skipif(
    not Path("/proc/net/tcp").exists(), reason="the kernel's list of sockets is needed (Linux)"
)
async def test_nobody_else_reaches_it(tmp_path: Path) -> None:
    """It has no password: only this machine may connect, and only its owner may read the files."""
    async with embedded_mongod(tmp_path) as server:
        assert addresses_listened_on(server.port) == ["0100007F"]
        assert (server.folder / "data").stat().st_mode & 0o077 == 0
