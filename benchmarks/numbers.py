"""How long the console's pages of numbers take with 100,000 turns of 60 days and 2,000 entries.

Each page is asked for over HTTP, signed in, from a program of its own with an embedded MongoDB: once while no
day is settled (right after an upgrade), and once as it is every day. Figures go to out/numbers.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, CookieJar, web

from bot.app import build
from handlers.turns import Trace, Turn
from helpdesk.passwords import hash_password
from helpdesk.staff import Staff
from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.hall import Category, Department, Hall
from messages import Inbound
from settings import load_settings
from storage.embedded import embedded_mongod
from storage.stores import Stores, open_stores
from storage.turns import turn_document

TURNS, SHORT_TURNS = 100_000, 5_000
DAYS: Final = 60
ENTRIES: Final = 2_000
DEPARTMENTS: Final = 20
WANTED_MS: Final = 300
BATCH: Final = 1000
"""Turns inserted at once: an operation has two seconds, also on a busy machine."""
PASSWORD: Final = "only-for-this-benchmark"  # noqa: S105 - a made-up account in a made-up hall
KEY: Final = "e100"
PAGES: Final = {
    "home": "",
    "7 days": "/numbers",
    "30 days": "/numbers?range=30",
    "30 days, one department": "/numbers?range=30&department=d1",
    "60 days": "/numbers?from={first}&to={last}",
    "days as CSV": "/numbers/days.csv?range=30",
    "entries as CSV": "/numbers/entries.csv?range=30",
    "one entry": f"/numbers/entries/{KEY}?range=30",
}
OUTCOMES: Final = {
    "answered": 60,
    "asked_back": 12,
    "not_answered": 10,
    "handed_over": 4,
    "command": 12,
    "event": 2,
}


def hall() -> Knowledge:
    """Make up a hall: entries that differ, so that the matcher has an ordinary life."""
    departments = tuple(Department(f"d{number}", f"第{number}局") for number in range(DEPARTMENTS))
    entries = tuple(
        Entry(
            f"e{number}",
            f"第{number}号事项怎么办理",
            "请带身份证到窗口办理。",
            f"d{number % DEPARTMENTS}",
            "c",
            state="published",
        )
        for number in range(ENTRIES)
    )
    return Knowledge(Hall("测试大厅", "", "", "", departments, (Category("c", "事项"),)), entries, ())


def turns(count: int, now: datetime) -> list[dict[str, Any]]:
    """Make up turns: a few entries are asked for all the time, all of them now and then."""
    dice = random.Random(5)  # noqa: S311 - the same dice each time
    made = []
    for number in range(count):
        at = now - timedelta(seconds=dice.random() * DAYS * 86400)
        outcome = dice.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        often = dice.random() < 0.5
        rank = min(int(dice.paretovariate(0.5)), ENTRIES) - 1 if often else dice.randrange(ENTRIES)
        about = f"e{rank}" if outcome in {"answered", "asked_back"} else ""
        turn = Turn(
            Inbound(f"k{number}", "official", f"u{number % 5000}", "gh", "text", at, text="怎么办理"),
            "done",
            "p",
            at,
            at,
            "passive",
            trace=Trace("question", outcome, about),
            handled_at=at + timedelta(milliseconds=int(dice.lognormvariate(3.5, 1))),
            useful=dice.choice((None, None, True, False)) if outcome == "answered" else None,
        )
        made.append(turn_document(turn, keep_days=180))
    return made


@asynccontextmanager
async def program(stores: Stores, folder: Path) -> AsyncIterator[str]:
    """Run the program; gives its address."""
    settings = load_settings({"data_dir": folder, "public_url": ""}, env_file=folder / "none")
    parts = build(settings, stores, clock=lambda: datetime.now(UTC))
    await parts.snapshots.refresh(stores.knowledge, datetime.now(UTC).date())
    runner = web.AppRunner(parts.app, access_log=None)
    runner.app.cleanup_ctx.clear()  # without its loops: they would settle the days while we look
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/console"
    finally:
        await runner.cleanup()


async def look(session: ClientSession, base: str, times: int) -> dict[str, dict[str, float]]:
    """Ask for each page some times."""
    today = datetime.now(UTC).date()
    days = {"first": today - timedelta(days=DAYS - 1), "last": today}
    found = {}
    for name, path in PAGES.items():
        spent, worked, body = [], [], b""
        for _ in range(times):
            begun, begun_cpu = time.perf_counter(), time.process_time()
            async with session.get(base + path.format(**days)) as answer:
                body = await answer.read()
                assert answer.status == 200, (name, answer.status)
            spent.append((time.perf_counter() - begun) * 1000)
            worked.append((time.process_time() - begun_cpu) * 1000)
        found[name] = {
            "median_ms": statistics.median(spent),
            "worst_ms": max(spent),
            "median_cpu_ms": statistics.median(worked),
            "bytes": len(body),
        }
    return found


async def measure(count: int, times: int, folder: Path) -> dict[str, Any]:
    """Fill a database, run the program, look at its pages."""
    async with embedded_mongod(folder / "db") as server, open_stores(server.uri, "bench") as stores:
        await stores.knowledge.replace(hall())
        made = turns(count, datetime.now(UTC))
        for start in range(0, count, BATCH):
            await stores.mongo.collection("turns").insert_many(made[start : start + BATCH])
        person = Staff(
            "s1", "bench", "量一量", ("reader",), password=hash_password(PASSWORD), must_change=False
        )
        await stores.staff.add(person)
        async with (
            program(stores, folder) as base,
            ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
        ):
            login = {"login": "bench", "password": PASSWORD}
            async with session.post(
                f"{base}/login", data=login, headers={"Sec-Fetch-Site": "same-origin"}
            ) as answer:
                assert answer.url.path == "/console", answer.url
            unsettled = await look(session, base, 1)
            begun = time.perf_counter()
            days = await stores.numbers.settle(datetime.now(UTC), most=999)
            settling = time.perf_counter() - begun
            return {
                "turns": count,
                "days_settled": days,
                "settle_s": settling,
                "before_settling": unsettled,
                "settled": await look(session, base, times),
            }


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks numbers", description=__doc__)
    options.add_argument("--out", type=Path, default=Path("out"))
    options.add_argument("--short", action="store_true")
    chosen = options.parse_args(arguments)
    count, times = (SHORT_TURNS, 3) if chosen.short else (TURNS, 15)
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(measure(count, times, Path(folder)))
    for name, each in measured["settled"].items():
        print(
            f"{name}: median {each['median_ms']:.0f} ms, worst {each['worst_ms']:.0f} ms, "
            f"at work {each['median_cpu_ms']:.0f} ms, "
            f"not settled {measured['before_settling'][name]['median_ms']:.0f} ms, {each['bytes']} bytes"
        )
    print(f"{measured['days_settled']} days settled in {measured['settle_s']:.1f} s")
    slow = [name for name, each in measured["settled"].items() if each["median_ms"] > WANTED_MS]
    print(f"over {WANTED_MS} ms: {', '.join(slow) or 'none'}")
    if not chosen.short:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "numbers.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")
    return 1 if slow else 0
