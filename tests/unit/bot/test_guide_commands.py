"""`python -m bot guides import | export`: without loss, and never past a proof that fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from knowledge.facts import Fact, FactValue
from knowledge.files import guide_line, read_guides
from storage.stores import Stores
from tests.running import SMALL_HALL
from tests.unit.bot.conftest import Command
from tests.unit.knowledge.scene_samples import SCENES

SHOP = replace(SCENES, department="hrss", category="life")
HALL = replace(
    SMALL_HALL, guides=(SHOP,), facts=(Fact("shop-fee", "收费", (FactValue("5 元", date(2020, 1, 1)),)),)
)


async def test_what_is_exported_is_imported_again(command: Command, stores: Stores, tmp_path: Path) -> None:
    await stores.knowledge.replace(HALL)
    assert (await command("guides", "export", "all.jsonl")).out == "1 guides written to all.jsonl\n"
    assert read_guides(tmp_path / "all.jsonl") == (SHOP,)
    same = await command("guides", "import", "all.jsonl")
    assert same.out == "0 added, 0 changed, 1 as before\n"
    assert await stores.knowledge.revision() == 1


async def test_a_change_is_tried_and_then_made(command: Command, stores: Stores, tmp_path: Path) -> None:
    await stores.knowledge.replace(HALL)
    reworded, new = replace(SHOP, title="开店铺"), replace(SHOP, id="stall", title="摆摊", names=())
    text = f"{guide_line(reworded)}\n{guide_line(new)}\n"
    (tmp_path / "two.jsonl").write_text(text, encoding="utf-8")
    tried = await command("guides", "import", "two.jsonl", "--dry-run")
    assert tried.out == "1 would be added, 1 would be changed, 0 as before\n"
    assert await stores.knowledge.revision() == 1
    assert (await command("guides", "import", "two.jsonl")).out == "1 added, 1 changed, 0 as before\n"
    loaded = await stores.knowledge.load()
    assert loaded is not None
    assert loaded[1].guides == (reworded, new)


async def test_a_guide_that_fails_its_proof_is_refused(
    command: Command, stores: Stores, tmp_path: Path
) -> None:
    await stores.knowledge.replace(HALL)
    (tmp_path / "bad.jsonl").write_text(f"{guide_line(replace(SHOP, hours=''))}\n", encoding="utf-8")
    for words in (("guides", "import", "bad.jsonl"), ("guides", "import", "bad.jsonl", "--dry-run")):
        refused = await command(*words)
        assert refused.code == 1
        assert "guide shop: hours is missing: nobody is told when to come" in refused.error
    twice = f"{guide_line(SHOP)}\n" * 2
    (tmp_path / "twice.jsonl").write_text(twice, encoding="utf-8")
    assert "an id is used twice" in (await command("guides", "import", "twice.jsonl")).error
    assert await stores.knowledge.revision() == 1
