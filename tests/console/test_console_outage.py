from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from storage.embedded import embedded_mongod
from storage.processes import stop_server
from tests.console.conftest import Browser, hire
from tests.console.test_console_entries import FIELDS
from tests.running import a_clock, make_settings, running_here

pytestmark = pytest.mark.slow


async def test_a_lost_database_gives_back_what_was_typed(tmp_path: Path) -> None:
    """The session is looked up first: so even that failing must not cost a clerk the text."""
    settings = make_settings(tmp_path, public_url="")
    async with (
        embedded_mongod(tmp_path) as server,
        running_here(settings, server.uri, "lost", clock=a_clock()) as here,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
    ):
        await hire(here, "li", "editor")
        browser = Browser(session, here.url)
        await browser.sign_in("li")
        await stop_server(server.folder / "data")
        seen = await browser.post("/entries/new", **FIELDS)
        assert seen.status == 503
        assert "没有丢" in seen.text
        assert FIELDS["answer"] in seen.text
        assert FIELDS["links"] in seen.text
        foreign = await browser.ask("POST", "/entries/new", data=FIELDS)
        assert FIELDS["answer"] not in foreign.text
        login = await browser.post("/login", login="li", password="secret-secret")
        assert login.status == 503
        assert "secret-secret" not in login.text
        await server.look_after()
        assert (await browser.post("/entries/new", **FIELDS)).path.startswith("/console/entries/e")
