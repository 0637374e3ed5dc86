"""One request of a member of staff: who it is, what may be done, how a page is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment

from console.gap_board import GapBoard
from console.words import DONE
from handlers.numbers import NumbersStore
from handlers.turns import TurnStore
from helpdesk.api_tokens import ApiTokenStore
from helpdesk.audit import AuditLog, audit_event
from helpdesk.desk_store import DeskStore
from helpdesk.handoffs import HandoffStore
from helpdesk.keys import KeyStore
from helpdesk.staff import Permission, Staff, StaffSession, StaffStore
from knowledge.editorial_store import EditorialStore
from knowledge.gaps import GapStore
from knowledge.snapshot import Snapshots
from knowledge.stores import KnowledgeStore
from knowledge.uploads import UploadStore
from rendering.assets import Assets
from rendering.forms import Form
from rendering.requests import client_address
from rendering.templating import html
from wechat.outbox import OutboxStore
from wechat.own_menu import MenuStore
from wechat.windows import WindowLedger

ROOT: Final = "/console"
UNPROCESSABLE: Final = 422

NAVIGATION: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("home", "", "首页", "own"),
    ("desk", "/desk", "人工接待", "desk.take"),
    ("entries", "/entries", "问答", "entries.read"),
    ("gaps", "/gaps", "待补的问题", "gaps.read"),
    ("try", "/try", "试问一句", "entries.read"),
    ("numbers", "/numbers", "统计", "numbers.read"),
    ("hall", "/hall", "大厅资料", "hall.write"),
    ("staff", "/staff", "账号", "staff.manage"),
    ("audit", "/audit", "操作记录", "audit.read"),
)
"""Section, path, name, and what it asks for; who may not go there does not see it."""

Need = Permission | Literal["anyone", "unfinished", "own"]
"""What a page asks for: a permission; or `own`: to be signed in; `unfinished`: to be on the way in."""


@dataclass(frozen=True, slots=True)
class Deps:
    """What the console works with, handed in by `bot.app`."""

    staff: StaffStore
    api_tokens: ApiTokenStore
    audit: AuditLog
    editorial: EditorialStore
    knowledge: KnowledgeStore
    turns: TurnStore
    gaps: GapStore
    uploads: UploadStore
    keys: KeyStore
    cluster_at: float
    """How alike the questions of one gap are (setting `cluster_at`)."""
    handoffs: HandoffStore
    desk: DeskStore
    outbox: OutboxStore
    windows: WindowLedger
    desk_capacity: int
    """Chats that one agent can have at the same time (setting `desk_capacity`)."""
    snapshots: Snapshots
    public_url: str
    """Where citizens reach the pages; previews show it."""
    numbers: NumbersStore
    menu: MenuStore
    clock: Callable[[], datetime]
    secure: bool
    """Whether citizens and staff come over https: then the cookie says so."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What is made once for all visits."""

    deps: Deps
    templates: Environment
    assets: Assets
    gap_board: GapBoard
    closing: asyncio.Event
    """Set when the program stops, so that streams end."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that the guard has let through."""

    request: web.Request
    tools: Tools
    now: datetime
    section: str
    staff: Staff | None = None
    session: StaffSession | None = None

    @property
    def deps(self) -> Deps:
        """Stores, clock and snapshots."""
        return self.tools.deps

    @property
    def me(self) -> Staff:
        """Who is signed in; only for pages that ask for it."""
        if self.staff is None:
            raise web.HTTPForbidden
        return self.staff

    @property
    def my_session(self) -> StaffSession:
        """The session of who is signed in."""
        if self.session is None:
            raise web.HTTPForbidden
        return self.session

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return client_address(self.request)

    @property
    def hall_name(self) -> str:
        """The hall's name, once there is one."""
        snapshot = self.deps.snapshots.current
        return snapshot.hall.name if snapshot else "政务服务中心"

    def may(self, permission: Permission, department: str | None = None) -> bool:
        """Whether the signed-in person may do something (to what belongs to a department)."""
        person = self.staff
        return (
            person is not None
            and person.may(permission)
            and (department is None or person.covers(department))
        )

    def demand(self, permission: Permission, department: str | None = None) -> None:
        """Refuse what the signed-in person may not do."""
        if not self.may(permission, department):
            raise web.HTTPForbidden

    async def form(self) -> Form:
        """Read the posted form."""
        return Form.of(await self.request.post())

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Answer with a page. Never kept by a cache: it may hold what the next person must not see."""
        done = DONE.get(self.request.query.get("done", ""), "")
        context: dict[str, Any] = {
            "visit": self,
            "me": self.staff,
            "hall_name": self.hall_name,
            "section": self.section,
            "inside": self.session is not None and self.session.stage == "full",
            "navigation": NAVIGATION,
            "style": self.tools.assets.url("console.css"),
            "charts_style": self.tools.assets.url("charts.css"),
            "icon": self.tools.assets.url("icon.svg"),
            "htmx": self.tools.assets.url("htmx.min.js"),
            "script": self.tools.assets.url("console.js"),
            "desk_script": self.tools.assets.url("desk.js"),
            "done": done,
            "now": self.now,
            **values,
        }
        body = self.tools.templates.get_template(template).render(context)
        return html(body, status=status, cache="no-store")

    def part(self, template: str, **values: Any) -> str:
        """A piece of a page, for scripts that put it into place."""
        return self.tools.templates.get_template(template).render({"visit": self, "now": self.now, **values})

    def go(self, path: str, **query: str) -> web.Response:
        """Send the browser on after something was done (so that reloading does nothing twice)."""
        raise web.HTTPSeeOther(url(path, **query))

    async def note(
        self,
        action: str,
        target: str,
        *,
        before: Mapping[str, str] | None = None,
        after: Mapping[str, str] | None = None,
        by: Staff | None = None,
    ) -> None:
        """Write to the audit log; of two sides only what differs is kept."""
        event = audit_event(
            by or self.staff,
            action,
            target,
            at=self.now,
            address=self.address,
            before=before,
            after=after,
        )
        await self.deps.audit.write(event)


@dataclass(frozen=True, slots=True)
class Page:
    """One row of the console's table of pages: there is no page without a stated need."""

    method: Literal["GET", "POST"]
    path: str
    """Below `/console`."""
    needs: Need
    handle: Callable[[Visit], Awaitable[web.StreamResponse]]
    section: str = ""
    """Which item of the navigation is marked."""


def url(path: str, **query: str) -> str:
    """An address in the console; empty values are left out."""
    told = {name: value for name, value in query.items() if value}
    return ROOT + path + ("?" + urlencode(told) if told else "")
