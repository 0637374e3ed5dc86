"""The program with a small hall, and a Chromium to look at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Final

import pytest
from playwright.async_api import Browser, Page, async_playwright

from knowledge.entries import Entry
from knowledge.facts import Fact, FactValue
from knowledge.files import Knowledge
from knowledge.guides import Guide, Material
from knowledge.hall import Category
from storage.embedded import EmbeddedServer
from tests.running import SMALL_HALL, Here, make_settings, running_here
from tests.unit.knowledge.scene_samples import SCENES

PLACES: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE: Final = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
PHONE, DESK, ZOOMED = (375, 812), (1280, 800), (640, 400)
"""A small phone, a desk, and a desk at 200 % zoom."""

Open = Callable[..., Awaitable[Page]]


def _entry(name: str, question: str, answer: str, category: str = "fund") -> Entry:
    return Entry(name, question, answer, "hrss", category, state="published")


def _hall() -> Knowledge:
    funds = tuple(
        _entry(f"fund-{name}", f"{why}提取公积金怎么办理？", f"{why}提取公积金，请到 3 号窗口。")
        for name, why in (("home", "买房"), ("rent", "租房"), ("old", "退休"))
    )
    steps = ("到 3 号窗口取号", "交材料、签字", "当场领卡")
    card = replace(
        SMALL_HALL.guides[0],
        materials=(Material("居民身份证"), Material("近期照片", "电子件", 2, "白底，三个月内")),
        steps=steps,
        place="3 号窗口",
        hours="周一至周五 8:30—12:00、14:30—17:30",
        fee="不收费",
        promised_limit="当场办结",
    )
    shop = replace(SCENES, department="hrss", category="life")
    more = tuple(Guide(f"g{n}", "很长的事项名称" * 8, "hrss", "life", "说明" * 30) for n in range(60))
    return replace(
        SMALL_HALL,
        hall=replace(
            SMALL_HALL.hall, categories=(*SMALL_HALL.hall.categories, Category("fund", "住房公积金"))
        ),
        entries=(*SMALL_HALL.entries, *funds, _entry("hostile", "看看怪字符怎么显示", HOSTILE)),
        guides=(card, shop, *more),
        facts=(Fact("shop-fee", "收费", (FactValue("5 元", date(2020, 1, 1)),)),),
    )


@pytest.fixture(scope="package")
async def program(
    mongo_server: EmbeddedServer, database_name: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Here]:
    """The program, running in this process with its own database."""
    settings = make_settings(tmp_path_factory.mktemp("browser"))
    database = f"{database_name}_browser"
    async with running_here(settings, mongo_server.uri, database, knowledge=_hall()) as here:
        yield here


@pytest.fixture(scope="package")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests; each test gets a profile of its own."""
    path = next(filter(None, map(shutil.which, PLACES)), None)
    if path is None:
        reason = "no Chromium found: install it (apt-get install chromium) to run the browser tests"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def visit(chromium: Browser, program: Here) -> AsyncIterator[Open]:
    """Open pages of the program; any error that the browser reports fails the test."""
    errors: list[str] = []
    contexts = []

    async def open_page(
        path: str, *, size: tuple[int, int] = DESK, script: bool = True, expect_errors: bool = False
    ) -> Page:
        context = await chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=script, locale="zh-CN"
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = await context.new_page()
        if not expect_errors:
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(program.url + path)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert errors == []
