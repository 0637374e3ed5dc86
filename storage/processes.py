"""A server process that runs on a data folder: how it is found, recognised and stopped.

The process may have been started by another process of ours that was killed since, so nothing here relies
on being its parent. A process id alone proves nothing (ids are used again): a process counts only when
its command line names the data folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 10.0
_LOOK_AGAIN_SECONDS: Final = 0.02
_PORT: Final = re.compile(r"--port[ =](\d+)")
_PROC: Final = Path("/proc/self/cmdline")


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running mongod, recognised by the data folder in its command line."""

    pid: int
    port: int


@dataclass(slots=True)
class FolderLock:
    """A lock between processes that vanishes with its holder, however that one ended (`flock`)."""

    path: Path
    _descriptor: int | None = field(default=None, init=False)

    def take(self, *, shared: bool = False) -> bool:
        """Take the lock, or change it between shared and exclusive; False when others are in the way.

        A change that fails may lose the lock that was held (flock(2)); the caller gives up or waits anyway.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    async def wait(self, *, seconds: float, shared: bool = False) -> bool:
        """Take the lock as soon as it is free; False when that takes longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not self.take(shared=shared):  # noqa: ASYNC110 - other processes set no events
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except TimeoutError:
            self.release()
            return False
        return True


def command_line(pid: int) -> str:
    """The words of a process's command line, joined by spaces; empty when it is gone or a zombie."""
    if _PROC.exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            return ""
    listed = subprocess.run(  # noqa: S603 - a fixed command with a number
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607 - ps is where the system has it
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout.strip()


def find_server(data_folder: Path) -> ServerProcess | None:
    """Find the mongod that runs on `data_folder` (absolute). mongod notes its id in `mongod.lock` there."""
    try:
        pid = int((data_folder / "mongod.lock").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
    words = command_line(pid)
    port = _PORT.search(words)
    if f"--dbpath {data_folder} " not in f"{words} " or port is None:
        return None
    return ServerProcess(pid=pid, port=int(port.group(1)))


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def free_port(wanted: int) -> int | None:
    """`wanted` if a server could listen there on loopback (0: any port that is free); None if not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError):
            return None
        return int(probe.getsockname()[1])


def _is_free(data_folder: Path) -> bool:
    """Whether no mongod has the folder open: it locks `mongod.lock` for as long."""
    try:
        with (data_folder / "mongod.lock").open("r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except (BlockingIOError, PermissionError):
        return False
    return True


async def wait_until_free(data_folder: Path, *, port: int = 0, seconds: float = STOP_SECONDS) -> bool:
    """Wait until a mongod that goes down has let go of its folder and its port; False when it does not.

    Its command line is empty long before: a dying process gives back its memory first, its files last.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not _is_free(data_folder) or free_port(port) is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            return True
    return False


async def stop_server(data_folder: Path, *, seconds: float = STOP_SECONDS) -> None:
    """Stop the mongod of `data_folder`, if any: politely first (SIGTERM), then with SIGKILL."""
    running = find_server(data_folder)
    if running is None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal(running.pid, number)
        _signal(running.pid, signal.SIGCONT)  # a suspended process would never see the SIGTERM
        if await wait_until_free(data_folder, port=running.port, seconds=seconds):
            return
