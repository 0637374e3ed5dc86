"""`python -m bot import | export | template` as an operator calls them, on a real database."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from storage.stores import Stores
from tests.running import SMALL_HALL
from tests.unit.bot.conftest import Command


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.jsonl"])
async def test_what_is_exported_is_imported_again(command: Command, stores: Stores, name: str) -> None:
    await stores.knowledge.replace(SMALL_HALL)
    exported = await command("export", name)
    assert (exported.code, exported.out) == (0, f"3 entries written to {name}\n"), exported.error
    same = await command("import", name)
    assert (same.code, same.out) == (0, "0 added, 0 changed, 3 as before\n"), same.error
    assert await stores.knowledge.revision() == 1
    hall = replace(SMALL_HALL, entries=(replace(SMALL_HALL.entries[0], answer="旧"),))
    await stores.knowledge.replace(hall)
    tried = await command("import", name, "--dry-run")
    assert tried.out.splitlines() == [
        "2 would be added, 1 would be changed, 0 as before",
        "+ marriage  结婚登记要带什么",
        "+ pension  养老金每月几号发放",
        "~ card-lost  答案",
    ]
    assert await stores.knowledge.load() == (2, hall)
    assert (await command("import", name)).out == "2 added, 1 changed, 0 as before\n"
    assert await stores.knowledge.load() == (3, SMALL_HALL)


async def test_replacing_removes_the_others(command: Command, stores: Stores, tmp_path: Path) -> None:
    await stores.knowledge.replace(SMALL_HALL)
    (tmp_path / "a.csv").write_bytes("编号,答案\npension,每月 10 日。\n".encode("gb18030"))
    tried = await command("import", "a.csv", "--replace", "--dry-run")
    assert tried.out.splitlines()[0] == (
        "0 would be added, 1 would be changed, 0 as before, 2 would be removed"
    )
    assert await stores.knowledge.revision() == 1
    done = await command("import", "a.csv", "--replace")
    assert done.out == "0 added, 1 changed, 0 as before, 2 removed\n"
    left = replace(SMALL_HALL.entries[2], answer="每月 10 日。")
    assert await stores.knowledge.load() == (2, replace(SMALL_HALL, entries=(left,)))


async def test_with_one_mistake_nothing_is_imported_and_all_are_listed(
    command: Command, stores: Stores, tmp_path: Path
) -> None:
    await stores.knowledge.replace(SMALL_HALL)
    (tmp_path / "a.csv").write_text(
        "编号,答案,有效期至\npension,新,明天\nmarriage,新,\nx,新,后天\n", encoding="utf-8"
    )
    refused = await command("import", "a.csv")
    assert refused.code == 1
    assert refused.error.splitlines() == [
        "Error: nothing was imported:",
        "第 2 行“有效期至”：日期要写成 2026-11-23，不能写成“明天”",
        "第 4 行“有效期至”：日期要写成 2026-11-23，不能写成“后天”",
    ]
    assert await stores.knowledge.load() == (1, SMALL_HALL)
    line = {"id": "n", "question": "问", "answer": "答", "department": "nobody", "category": "life"}
    (tmp_path / "b.jsonl").write_text(json.dumps(line), encoding="utf-8")
    assert "第 1 行“部门”：没有这个部门，请从列表里选" in (await command("import", "b.jsonl")).error
    assert await stores.knowledge.revision() == 1


async def test_the_template_is_filled_in_and_imported(
    command: Command, stores: Stores, tmp_path: Path
) -> None:
    await stores.knowledge.replace(SMALL_HALL)
    made = await command("template", "空表.xlsx")
    assert (made.code, made.out) == (0, "the template is in 空表.xlsx\n"), made.error
    book = load_workbook(tmp_path / "空表.xlsx")
    row = {"标准问": "高龄津贴怎么领", "答案": "到民政局。", "部门": "测试县民政局", "分类": "婚姻家庭"}
    for place, cell in enumerate(book["条目"][1]):
        book["条目"][2][place].value = row.get(str(cell.value))
    book.save(tmp_path / "空表.xlsx")
    assert (await command("import", "空表.xlsx")).out == "1 added, 0 changed, 0 as before\n"
    loaded = await stores.knowledge.load()
    assert loaded is not None
    assert (loaded[1].entries[-1].question, loaded[1].entries[-1].state) == ("高龄津贴怎么领", "draft")


async def test_what_can_not_be_done_is_said_in_one_line(
    command: Command, stores: Stores, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("编号,答案\na,b\n", encoding="utf-8")
    (tmp_path / "a.xls").write_bytes(b"x")
    (tmp_path / "big.xlsx").write_bytes(bytes(50 * 1024 * 1024))
    calls = {
        ("import", "a.csv"): "run `python -m bot seed` first",
        ("export", "a.csv"): "run `python -m bot seed` first",
        ("import", "a.xls"): "另存为 .xlsx",
        ("import", "big.xlsx"): "文件有 50.0 MB，最多 20 MB",
        ("import", "none.csv"): "none.csv",
        ("export", "a.pdf"): "只认 .xlsx、.csv 和 .jsonl",
        ("template", "a.csv"): "the template is an .xlsx",
    }
    for words, said in calls.items():
        refused = await command(*words)
        assert refused.code == 1
        assert len(refused.error.splitlines()) == 1
        assert said in refused.error
    assert not (tmp_path / "a.pdf").exists()
    assert await stores.knowledge.revision() == 0
