"""Time and memory of 10,000 entries: written as XLSX, CSV and JSONL, read, checked, put into a database.

`python -m benchmarks sheets` starts a `mongod` of its own in a temporary folder, writes `out/sheets.json`,
and fails when an import, from the first byte to the acknowledged transaction, takes longer than 20 s.
`--short`: 1,000 entries, the same limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from knowledge.entries import Basis, Entry
from knowledge.files import Knowledge
from knowledge.hall import Category, Department, Hall
from knowledge.sheets.formats import Format
from knowledge.sheets.plan import apply_plan, plan_import
from knowledge.sheets.write import write_entries
from messages import Link
from storage.embedded import embedded_mongod
from storage.stores import open_stores

COUNT = 10_000
SHORT = 1_000
LIMIT_SECONDS = 20.0
SIGNS = "政务服务办理社会保障身份证居住登记医疗补贴公积金户口营业执照许可申请材料窗口电话地址时间费用"
HALL = Hall(
    name="测试县政务服务中心",
    address="测试路 1 号",
    phone="0100-12345",
    hours="周一至周五",
    departments=tuple(Department(f"d{number}", f"测试县第 {number} 局") for number in range(33)),
    categories=tuple(Category(f"c{number}", f"第 {number} 类") for number in range(20)),
)


def text(number: int, length: int) -> str:
    return "".join(SIGNS[(number * 31 + place * place * 7 + place) % len(SIGNS)] for place in range(length))


def an_entry(number: int) -> Entry:
    """About what a real one has: ten phrasings, 200 characters of answer, a link, a basis, dates."""
    start = date(2026, 1, 1) + timedelta(days=number % 300)
    return Entry(
        id=f"entry-{number}",
        question=f"{text(number, 12)}怎么办（第 {number} 问）？",
        answer=f"{text(number, 150)}\n{text(number + 1, 50)}。",
        department=f"d{number % 33}",
        category=f"c{number % 20}",
        alternates=tuple(f"{text(number + place, 10)}{number}之{place}" for place in range(10)),
        keywords=(text(number, 4), text(number + 1, 3)),
        links=(Link("网上办", f"https://hall.example/{number}"),),
        basis=(Basis("某某管理办法", f"某政发〔2026〕{number} 号"),),
        valid_from=start,
        valid_until=start + timedelta(days=700),
        review_on=start + timedelta(days=365),
        state="published",
    )


async def measure(kind: Format, entries: tuple[Entry, ...], folder: Path) -> dict[str, Any]:
    full, empty = Knowledge(HALL, entries), Knowledge(HALL)
    clock = time.perf_counter
    began = clock()
    data = write_entries(kind, full)
    wrote = clock() - began
    async with (
        embedded_mongod(folder / "data") as server,
        open_stores(server.uri, f"sheets_{kind}") as stores,
    ):
        revision = await stores.knowledge.replace(empty)
        told: list[int] = []
        began = clock()
        plan = await asyncio.to_thread(
            plan_import,
            f"a.{kind}",
            data,
            empty,
            revision=revision,
            progress=lambda done, _: told.append(done),
        )
        planned = clock() - began
        assert (len(plan.added), plan.errors) == (len(entries), ())
        began = clock()
        revision = await apply_plan(stores.knowledge, plan)
        applied = clock() - began
        loaded = await stores.knowledge.load()
        assert loaded == (revision, full), "what was imported is not what was exported"
        began = clock()
        again = await asyncio.to_thread(
            plan_import, f"a.{kind}", data, full, revision=revision, mode="replace"
        )
        compared = clock() - began
        assert (again.unchanged, again.missing) == (len(entries), ())
    return {
        "format": kind,
        "entries": len(entries),
        "bytes": len(data),
        "write_seconds": round(wrote, 2),
        "read_and_check_seconds": round(planned, 2),
        "store_seconds": round(applied, 2),
        "import_seconds": round(planned + applied, 2),
        "read_again_unchanged_seconds": round(compared, 2),
        "progress_reports": len(told),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks sheets", description=__doc__)
    parser.add_argument("--short", action="store_true", help="1,000 entries")
    parser.add_argument("--out", type=Path, default=Path("out"))
    options = parser.parse_args(arguments)
    entries = tuple(an_entry(number) for number in range(SHORT if options.short else COUNT))
    found = []
    with TemporaryDirectory() as folder:
        for kind in get_args(Format):
            found.append(asyncio.run(measure(kind, entries, Path(folder))))
            print(json.dumps(found[-1], ensure_ascii=False), flush=True)
    options.out.mkdir(exist_ok=True)
    (options.out / "sheets.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    slow = [each["format"] for each in found if each["import_seconds"] > LIMIT_SECONDS]
    if slow:
        print(f"slower than {LIMIT_SECONDS:g} s: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
