"""How long each page of the console takes with 10,000 entries, 5,000 missed questions and a year's log.

`python -m benchmarks console` starts a `mongod` and the program of its own, writes `out/console.json`, prints
a table, and fails when a page's median is above 300 ms. `--short`: 1,000 entries, the same limit. Each page
is asked for once before it is measured. Beside each stands the time of a bare page (the own account) in the
same run: machines differ and are shared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession, CookieJar, web

from benchmarks.sheets import HALL, an_entry, text
from bot.app import build
from helpdesk.audit import AuditEvent
from helpdesk.passwords import hash_password
from helpdesk.staff import Staff
from knowledge.files import Knowledge
from settings import load_settings
from storage.embedded import embedded_mongod
from storage.stores import Stores, open_stores

COUNT, SHORT = 10_000, 1_000
LIMIT_MS = 300.0
ROUNDS = 15
MISSED = 5_000
PASSWORD = "gui-zhou-2026-bench"  # noqa: S105 - of a database that lives for a minute
BARE = "/me"
PAGES = (
    BARE,
    "",
    "/entries",
    "/entries?page=150",
    "/entries?q=身份证",
    "/entries?state=published&department=d3",
    "/entries?due=1",
    "/entries/entry-77",
    "/entries/entry-77/edit",
    "/entries/entry-77/history",
    "/entries/new",
    "/try?q=身份证居住登记怎么办",
    "/gaps",
    "/gaps?days=90",
    "/sheets",
    "/staff",
    "/audit",
    "/audit?login=boss",
)


async def fill(stores: Stores, count: int, now: datetime) -> None:
    """A full hall: entries, questions asked in vain, accounts and a year of the audit log."""
    await stores.knowledge.replace(Knowledge(HALL, tuple(an_entry(number) for number in range(count))))
    hashed = hash_password(PASSWORD)
    for number in range(40):
        login = f"staff{number}" if number else "boss"
        person = Staff(login, login, login, ("admin", "editor"), password=hashed, must_change=False)
        await stores.staff.add(person)
    turns = stores.mongo.collection("turns")
    await turns.insert_many(
        [
            {
                "_id": f"t{number}",
                "inbound": {
                    "text": f"{text(number % 900, 9)}怎么办",
                    "channel": "official",
                    "user": f"o{number}",
                },
                "received_at": now - timedelta(minutes=7 * number),
                "status": "done",
                "trace": {"rule": "question", "outcome": "not_answered", "entry": ""},
            }
            for number in range(MISSED)
        ]
    )
    for number in range(2_000):
        at = now - timedelta(hours=4 * number)
        event = AuditEvent(at, "boss", "boss", "boss", "entry.edit", f"entry:entry-{number}", "::1")
        await stores.audit.write(event)


async def measure(count: int) -> dict[str, list[float]]:
    """Milliseconds of each page, all rounds."""
    with TemporaryDirectory() as folder:
        settings = load_settings({"data_dir": Path(folder), "public_url": ""}, env_file=Path("/nonexistent"))
        async with embedded_mongod(Path(folder)) as server, open_stores(server.uri, "bench") as stores:
            await fill(stores, count, datetime.now(UTC))
            while await stores.editorial.adopt(now=datetime.now(UTC)):
                pass
            runner = web.AppRunner(build(settings, stores).app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/console"
            try:
                async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
                    return await ask_all(session, url)
            finally:
                await runner.cleanup()


async def ask_all(session: ClientSession, url: str) -> dict[str, list[float]]:
    """Sign in, and ask for all pages in turn."""
    fields = {"login": "boss", "password": PASSWORD}
    await session.post(f"{url}/login", data=fields, headers={"Sec-Fetch-Site": "same-origin"})
    times: dict[str, list[float]] = {page: [] for page in PAGES}
    for turn in range(ROUNDS + 1):
        for page in PAGES:
            started = time.perf_counter()
            async with session.get(url + page) as answer:
                await answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{page} answered {answer.status}")
            if turn:
                times[page].append((time.perf_counter() - started) * 1000)
    return times


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when a page is too slow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks console", description=__doc__)
    parser.add_argument("--short", action="store_true", help="1,000 entries")
    options = parser.parse_args(arguments)
    count = SHORT if options.short else COUNT
    times = asyncio.run(measure(count))
    bare = statistics.median(times[BARE])
    rows = {
        page: {
            "median_ms": statistics.median(each),
            "worst_ms": max(each),
            "of_a_bare_page": statistics.median(each) / bare,
        }
        for page, each in times.items()
    }
    out = Path("out")
    out.mkdir(exist_ok=True)
    (out / "console.json").write_text(json.dumps({"entries": count, "pages": rows}, indent=1))
    print(f"\n{count} entries, {MISSED} questions asked in vain, {ROUNDS} rounds\n")
    print("| page | median ms | worst ms | × a bare page |\n|---|---|---|---|")
    for page, row in rows.items():
        shown = f"/console{page}"
        print(f"| {shown} | {row['median_ms']:.0f} | {row['worst_ms']:.0f} | {row['of_a_bare_page']:.1f} |")
    slow = [page for page, row in rows.items() if row["median_ms"] > LIMIT_MS]
    if slow:
        print(f"\nabove {LIMIT_MS:.0f} ms: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
