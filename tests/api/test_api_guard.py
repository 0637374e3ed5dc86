"""What every route has in common: limits, refusals, and a database that is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientSession

from api.throttle import Buckets
from storage.embedded import embedded_mongod
from storage.processes import stop_server
from tests.api.conftest import Got, Program, citizen, hired
from tests.api.test_api_entries import DRAFT
from tests.running import KNOWN_QUESTION, Clock, Here, a_clock, make_settings, running_here

pytestmark = pytest.mark.slow


def refused(got: Got, status: int, kind: str) -> None:
    assert (got.status, got.body["status"]) == (status, status), got
    assert got.body["type"] == f"urn:lingjuli:problem:{kind}"
    assert got.headers["Content-Type"].startswith("application/problem+json")
    assert got.headers["Cache-Control"] == "no-store"
    assert got.detail


async def test_what_the_table_does_not_hold_is_refused(here: Here, stranger: Program) -> None:
    editor = await hired(here, stranger, "li", "editor")
    refused(await editor.get("/nothing"), 404, "not-found")
    refused(await stranger.get("/entries/pension/nothing"), 404, "not-found")
    wrong = await editor.ask("DELETE", "/entries/pension")
    refused(wrong, 405, "method-not-allowed")
    assert wrong.headers["Allow"] == "GET,PUT"
    refused(await editor.ask("POST", "/entries", data=b"{}"), 415, "not-json")
    plain = {"Content-Type": "application/json"}
    refused(await editor.ask("POST", "/entries", data=b"{", headers=plain), 400, "malformed")
    refused(await editor.ask("POST", "/entries", data=b"\xff\xfe", headers=plain), 400, "malformed")
    refused(await editor.ask("POST", "/entries", data=b"[" * 9000, headers=plain), 400, "malformed")
    big = b'"' + b"x" * 300_000 + b'"'
    refused(await editor.ask("POST", "/entries", data=big, headers=plain), 413, "too-large")
    secret = await editor.ask("POST", "/entries", json={"password": "geheim-1"})
    refused(secret, 422, "invalid")
    assert "geheim-1" not in repr(secret)  # what was sent is not given back


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Basic YTpi", "Bearer ljt_x", "Bearer ljt_é", "bearer " + "x" * 5000]
)
async def test_whoever_is_not_known_is_told_how(stranger: Program, given: str) -> None:
    got = await stranger.ask("GET", "/entries", headers={"Authorization": given} if given else {})
    refused(got, 401, "unauthorized")
    assert got.headers["WWW-Authenticate"] == "Bearer"
    assert "接口令牌" in got.detail


async def test_guessing_tokens_is_slowed_down_for_one_address(
    here: Here, stranger: Program, clock: Clock
) -> None:
    editor = await hired(here, stranger, "li", "editor")
    guesses = [await stranger.get("/entries") for _ in range(31)]
    assert [each.status for each in guesses] == [401] * 30 + [429]
    slowed = await editor.get("/entries")
    refused(slowed, 429, "too-many-requests")
    elsewhere = await editor.ask("GET", "/entries", headers={"X-Real-IP": "203.0.113.7"})
    assert elsewhere.status == 200
    clock.advance(seconds=int(slowed.headers["Retry-After"]))
    assert (await editor.get("/entries")).status == 200


async def test_one_token_and_one_citizen_have_their_own_limit(
    here: Here, stranger: Program, clock: Clock
) -> None:
    editor, other = await hired(here, stranger, "li", "editor"), await hired(here, stranger, "wang", "editor")
    asked = [(await editor.get("/entries/nothing")).status for _ in range(301)]
    assert asked == [404] * 300 + [429]
    assert (await other.get("/entries/nothing")).status == 404
    zhang, li = await citizen(stranger), await citizen(stranger, "li")
    told = [(await zhang.get("/messages")).status for _ in range(61)]
    assert told == [200] * 60 + [429]
    assert (await li.get("/messages")).status == 200
    clock.advance(seconds=1)
    assert (await zhang.get("/messages")).status == 200


def test_a_bucket_fills_again_and_forgets_who_is_long_gone() -> None:
    clock, buckets = a_clock(), Buckets(2)
    assert [buckets.take("a", clock()) for _ in range(3)] == [0.0, 0.0, 30.0]
    assert buckets.empty("a", clock())
    assert not buckets.empty("b", clock())
    clock.advance(seconds=30)
    assert buckets.take("a", clock()) == 0.0
    clock.advance(hours=1)
    assert [buckets.take("a", clock()) for _ in range(3)] == [0.0, 0.0, 30.0]
    clock.advance(hours=-2)  # a clock that is put back gives nothing away
    assert buckets.take("a", clock()) > 0
    for number in range(20_001):
        buckets.take(str(number), clock())
    assert len(buckets._left) == 20_000


async def test_a_lost_database_is_said_and_known_questions_are_still_answered(tmp_path: Path) -> None:
    async with (
        embedded_mongod(tmp_path) as server,
        running_here(make_settings(tmp_path), server.uri, "lost", clock=a_clock()) as here,
        ClientSession() as session,
    ):
        stranger = Program(session, here.url)
        editor, zhang = await hired(here, stranger, "li", "editor"), await citizen(stranger)
        await stop_server(server.folder / "data")
        gone = await editor.post("/entries", DRAFT)
        refused(gone, 503, "unavailable")
        assert gone.headers["Retry-After"] == "5"
        answer = await zhang.post("/ask", {"text": KNOWN_QUESTION})
        assert (answer.status, answer.body["stored"], answer.body["rateable"]) == (200, False, False)
        assert "3 号窗口" in answer.body["text"]
        refused(await zhang.get("/messages"), 503, "unavailable")
        refused(await zhang.ask("DELETE", "/me"), 503, "unavailable")
        assert (await stranger.get("/guides/card")).status == 200
        await server.look_after()
        assert (await editor.post("/entries", DRAFT)).status == 201
