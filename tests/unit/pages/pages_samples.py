"""A small hall, a hostile one among it, and how the tests serve pages. No server but the one on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from knowledge.entries import Basis, Entry
from knowledge.files import Knowledge
from knowledge.guides import Guide, Material
from knowledge.hall import Category, Department, Hall
from knowledge.snapshot import Snapshots
from messages import Link

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"

Client = TestClient[web.Request, web.Application]


def noon() -> datetime:
    return NOW


def entry(name: str, *, question: str = "社保卡丢了怎么补办？") -> Entry:
    return Entry(
        id=name,
        question=question,
        answer="先挂失，再补卡。\n\n带身份证到 13 号窗口。",
        department="hr",
        category="social",
        state="published",
    )


def guide(name: str, title: str) -> Guide:
    return Guide(id=name, title=title, department="hr", category="social", summary="卡丢了，补领一张新卡。")


HALL = Hall(
    name="青禾县政务服务中心",
    address="青禾县城关镇政务大道 1 号",
    phone="0710-0000-000",
    hours="周一至周五 8:30—12:00、14:30—17:30",
    departments=(
        Department(
            id="hr",
            name="青禾县人力资源和社会保障局",
            short_name="人社局",
            aliases=("社保局",),
            duties="社保、就业",
            window="13 号窗口",
            phone="0710-0000-113",
            representative="胡明",
        ),
        Department(id="bare", name="<script>怪局\"'", duties=HOSTILE, window=HOSTILE, phone=HOSTILE),
    ),
    categories=(Category("tax", "税务办理"), Category("social", "社会保险")),
    sample=True,
    notice="本厅内容为示例数据，仅供试用，请勿作为办事依据。",
)
BASIS = (Basis("社会保险法", "主席令第35号", "https://www.gov.cn/law"), Basis("本厅须知"))
CARD_GUIDE = replace(
    guide("card", "社会保障卡补领"),
    conditions=("本县参保",),
    materials=(Material("居民身份证", "原件", 1, "核验后退还"), Material("近期照片", "电子件", 2)),
    steps=("打 12333 挂失", "到 13 号窗口补卡"),
    place="县政务服务中心 13 号窗口",
    hours="周一至周五 8:30—12:00",
    fee="不收费",
    legal_limit="20 个工作日",
    promised_limit="当场办结",
    phone="12333",
    online_url="https://si.12333.gov.cn/",
    basis=BASIS,
)
ENTRIES = (
    replace(
        entry("lost-card"),
        guide="card",
        valid_until=date(2027, 12, 31),
        basis=BASIS,
        alternates=("社保卡不见了", "社保卡掉了咋办"),
        links=(Link("国家社会保险公共服务平台", "https://si.12333.gov.cn/"),),
    ),
    replace(entry("expired", question="去年的补贴怎么领？"), valid_until=date(2026, 11, 22)),
    replace(entry("draft", question="还没写好的问题"), state="draft"),
    replace(
        entry("hostile", question=HOSTILE),
        answer=HOSTILE,
        department="bare",
        category="none",
        links=(Link(HOSTILE, "javascript:alert(1)"), Link("看", 'https://a.gov.cn/?a=1&b="><script>')),
        basis=(Basis(HOSTILE, HOSTILE, "data:text/html,x"),),
    ),
    entry("ten thousand/七", question="地址里有怪字符的条目"),
)
GUIDES = (
    CARD_GUIDE,
    replace(
        guide("hostile", HOSTILE),
        department="bare",
        category="none",
        place=HOSTILE,
        online_url="javascript:1",
    ),
)
KNOWLEDGE = Knowledge(hall=HALL, entries=ENTRIES, guides=GUIDES)


class OneKnowledge:
    """A store that holds one knowledge base and never changes."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def revision(self) -> int:
        return 1

    async def load(self) -> tuple[int, Knowledge]:
        return 1, self._knowledge

    async def replace(self, knowledge: Knowledge) -> int:
        raise NotImplementedError

    async def put_entries(self, entries: Sequence[Entry]) -> int:
        raise NotImplementedError

    async def exchange_entries(
        self, entries: Sequence[Entry], *, removed: Collection[str], revision: int
    ) -> int:
        raise NotImplementedError

    async def put_guides(self, guides: Sequence[Guide], *, revision: int) -> int:
        raise NotImplementedError

    async def hall(self) -> tuple[int, Hall]:
        return 1, self._knowledge.hall

    async def put_hall(self, hall: Hall, *, expected: int) -> int | None:
        raise NotImplementedError

    async def wait_for_change(self, since: int, *, timeout_seconds: float) -> bool:
        raise NotImplementedError


async def snapshots_of(knowledge: Knowledge = KNOWLEDGE) -> Snapshots:
    snapshots = Snapshots()
    assert await snapshots.refresh(OneKnowledge(knowledge), TODAY)
    return snapshots


@asynccontextmanager
async def serving(routes: Iterable[web.AbstractRouteDef]) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(routes)
    async with TestClient(TestServer(app)) as client:
        yield client
