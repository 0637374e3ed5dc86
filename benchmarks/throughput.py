"""Measure throughput: messages a second, latency and CPU time of the whole path, beside other programs.

`python -m benchmarks throughput` writes `out/throughput.{md,json}`. Each server runs alone on core 0, as a
process of its own; `wrk` and the database have core 1. All servers are measured in turn, in several rounds;
the tables show medians. `--short` takes one quick round and fails when a message costs clearly more CPU time,
compared with a bare aiohttp handler in the same run, than when this was written.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import throughput_load as load
from benchmarks import throughput_requests as made
from benchmarks import throughput_servers as servers
from benchmarks.throughput_page import facts, table
from benchmarks.throughput_steps import steps
from storage.embedded import EmbeddedServer, embedded_mongod
from storage.mongo import Driver
from storage.stores import open_stores

LOAD_CORE: Final = 1
WARM_COUNT, WARM_SECONDS = 6000, 10.0
"""Sent before the measurement, so that the server knows the common questions as after a morning's work."""
REQUESTS_A_SECOND: Final = 4000
"""More than are answered: a run of ours ends early where it has used all its messages up."""
SHORT_LIMIT: Final = 60.0
"""CPU time of a message as a multiple of the bare handler's: above what docs/throughput.md shows."""

Start = Callable[["_Bench"], AbstractAsyncContextManager[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to measure."""

    name: str
    start: Start
    mode: str = "plain"
    draw: Callable[[int], made.Draw] = made.as_asked
    repeats: bool = True
    """Whether its messages may be sent twice: it doesn't know them again."""
    half: bool = False
    """Measure it at half of its load, too."""


@dataclass(frozen=True, slots=True)
class _Bench:
    database: EmbeddedServer
    folder: Path
    seconds: float
    driver: Driver

    async def measure(self, target: Target) -> dict[str, Any]:
        """Start, warm up, measure, stop."""
        file, draw, pid = self.folder / "requests", target.draw(1), self.database.pid
        assert pid is not None
        async with target.start(self) as (port, server):

            async def put(count: int, seconds: float, at_rate: float = 0.0) -> load.Load:
                first = time.time_ns() // 1000
                made.write_requests(file, target.mode, draw, count=count, first_id=first)
                return await load.put_load(
                    port,
                    file,
                    server=server,
                    database=pid,
                    seconds=seconds,
                    again=target.repeats,
                    at_rate=at_rate,
                )

            await put(WARM_COUNT, WARM_SECONDS)
            count = int(REQUESTS_A_SECOND * self.seconds)
            full = await put(count, self.seconds)
            found = {"full": asdict(full)}
            if target.half:
                found["half"] = asdict(await put(count, self.seconds, full.per_second / 2))
        return found


def _ours(mode: str, *, workers: int = 1, cores: str = servers.SERVER_CORES) -> Start:
    def start(bench: _Bench) -> AbstractAsyncContextManager[tuple[int, int]]:
        return servers.ours(
            bench.database.uri,
            bench.folder,
            mode=mode,
            driver=bench.driver,
            workers=workers,
            cores=cores,
        )

    return start


def _peer(app: str) -> Start:
    return lambda bench: servers.gunicorn(app, bench.database.uri)


BARE, OURS = "bare aiohttp handler", "ours, plain"
TARGETS: Final = (
    Target(BARE, lambda _: servers.bare()),
    Target(OURS, _ours("plain"), repeats=False, half=True),
    Target("ours, safe mode", _ours("safe"), "safe", repeats=False, half=True),
    Target("ours, no question asked before", _ours("plain"), draw=made.never_asked, repeats=False),
    Target("Flask + wechatpy echo (gunicorn)", _peer("flask_echo")),
    Target("WeRoBot + MongoDB session (gunicorn)", _peer("werobot_session")),
    Target("ours, plain, one process on both cores", _ours("plain", cores="0,1"), repeats=False),
    Target("ours, plain, two processes on both cores", _ours("plain", workers=2, cores="0,1"), repeats=False),
)


@asynccontextmanager
async def _bench(seconds: float, driver: Driver) -> AsyncIterator[_Bench]:
    os.sched_setaffinity(0, {LOAD_CORE})  # what is started from here stays there, unless it says otherwise
    with tempfile.TemporaryDirectory(prefix="throughput") as name:
        folder = Path(name)
        async with embedded_mongod(folder) as server:
            async with open_stores(server.uri, servers.DATABASE) as stores:
                await stores.knowledge.replace(made.hall())
            yield _Bench(server, folder, seconds, driver)


async def measure(
    targets: tuple[Target, ...], *, rounds: int, seconds: float, driver: Driver
) -> dict[str, Any]:
    """Measure all targets in turn, several times."""
    runs: dict[str, list[dict[str, Any]]] = {target.name: [] for target in targets}
    async with _bench(seconds, driver) as bench:
        for number in range(rounds):
            for target in targets:
                found = await bench.measure(target)
                runs[target.name].append(found)
                full = found["full"]
                print(
                    f"{number + 1}/{rounds} {target.name}: {full['per_second']:.0f}/s, "
                    f"{full['server_ms']:.3f} ms CPU, p99 {full['p99_ms']:.0f} ms",
                    flush=True,
                )
    return {
        "driver": driver,
        "seconds": seconds,
        "targets": {name: _medians(each) for name, each in runs.items()},
    }


def _medians(runs: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    return {
        part: {name: median(run[part][name] for run in runs) for name in runs[0][part]} for part in runs[0]
    }


def _short(driver: Driver) -> int:
    targets = tuple(each for each in TARGETS if each.name in {BARE, OURS})
    found = asyncio.run(measure(targets, rounds=1, seconds=3.0, driver=driver))["targets"]
    ours, bare = (found[name]["full"] for name in (OURS, BARE))
    ratio = ours["server_ms"] / bare["server_ms"]
    good = ratio <= SHORT_LIMIT and not ours["refused"] and not ours["failed"]
    print(f"a message costs {ratio:.1f} times the bare handler's: {'good' if good else 'a clear loss'}")
    return 0 if good else 1


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks throughput", description=__doc__)
    options.add_argument("--out", type=Path, default=Path("out"))
    options.add_argument("--short", action="store_true")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=8.0)
    options.add_argument("--driver", choices=["motor", "pymongo"], default="motor")
    chosen = options.parse_args(arguments)
    if not load.available():
        print(load.MISSING)
        return 0
    if len(os.sched_getaffinity(0)) < 2:
        print("Two cores are needed, one for the server and one for the load: throughput is not measured.")
        return 0
    if chosen.short:
        return _short(chosen.driver)
    measured: dict[str, Any] = {"machine": facts(), "steps_us": steps()}
    measured |= asyncio.run(
        measure(TARGETS, rounds=chosen.rounds, seconds=chosen.seconds, driver=chosen.driver)
    )
    measured["machine"]["load average after"] = facts()["load average"]
    chosen.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(measured, ensure_ascii=False, indent=1)
    (chosen.out / "throughput.json").write_text(text, encoding="utf-8")
    (chosen.out / "throughput.md").write_text(table(measured, bare=BARE), encoding="utf-8")
    print((chosen.out / "throughput.md").read_text(encoding="utf-8"))
    return 0
