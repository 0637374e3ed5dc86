"""The description is true: every route stands in it, and what really comes back fits it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from api.app import DESCRIPTION, ROUTES
from messages import Text
from tests.api.conftest import Got, Program, citizen, hired
from tests.api.schemas import values, wrong_in
from tests.api.test_api_entries import DRAFT
from tests.running import KNOWN_QUESTION, Clock, Here
from wechat.outbox import OutboxItem

pytestmark = pytest.mark.slow
EXAMPLES = 400


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = DESCRIPTION["paths"][path][method.lower()]
    return found


def fits(got: Got, method: str, path: str) -> None:
    """Demand that an answer is one that the description tells of."""
    answers = operation(method, path)["responses"]
    told = answers.get(str(got.status), answers["default"])
    refused = got.status >= 400
    assert (str(got.status) in answers) is not refused, (path, got)
    if "content" not in told:
        assert got.status == 204 or path == "/openapi.json"
        return
    ((media, content),) = told["content"].items()
    assert got.headers["Content-Type"].partition(";")[0] == media
    assert list(wrong_in(got.body, content["schema"], DESCRIPTION)) == [], (path, got)


async def test_every_route_is_described_and_served(here: Here, stranger: Program) -> None:
    (mounted,) = (each for each in here.parts.app.router.resources() if each.canonical == "/api/v1")
    resources = [(route.method, route.resource) for route in mounted]
    served = {(method, each.canonical.removeprefix("/api/v1")) for method, each in resources if each}
    described = {
        (method.upper(), path) for path, methods in DESCRIPTION["paths"].items() for method in methods
    }
    assert described == {(route.method, route.path) for route in ROUTES} == served
    got = await stranger.get("/openapi.json")
    assert got.body == json.loads(json.dumps(DESCRIPTION))
    assert got.body["openapi"] == "3.1.0"
    names = [each["operationId"] for methods in got.body["paths"].values() for each in methods.values()]
    assert len(set(names)) == len(names)


async def test_a_route_that_needs_something_refuses_whoever_has_nothing(
    here: Here, stranger: Program
) -> None:
    nothing = await hired(here, stranger, "li", "agent", permissions=())
    for route in ROUTES:
        path = route.path.replace("{id}", "pension").replace("{number}", "1")
        got = await stranger.ask(route.method, path, json={})
        if route.needs == "anyone":
            assert got.status != 401, route
            continue
        assert got.status == 401, route
        fits(got, route.method, route.path)
        assert (await nothing.ask(route.method, path, json={})).status in {401, 403}, route
        secured = operation(route.method, route.path)["security"]
        assert secured == [{"session" if route.needs == "session" else "staffToken": []}]


async def test_real_answers_fit_the_description(here: Here, stranger: Program, clock: Clock) -> None:
    admin, other = await hired(here, stranger, "li", "admin"), await hired(here, stranger, "wang", "admin")
    for path in ("/hall", "/departments", "/guides", "/openapi.json"):
        fits(await stranger.get(path), "GET", path)
    fits(await stranger.get("/guides/card"), "GET", "/guides/{id}")
    fits(await stranger.get("/entries-public/pension"), "GET", "/entries-public/{id}")
    fits(await stranger.post("/sessions", {"code": "sim:x"}), "POST", "/sessions")
    zhang = await citizen(stranger)
    answer = await zhang.post("/ask", {"text": KNOWN_QUESTION})
    fits(answer, "POST", "/ask")
    for text in ("社保卡养老金", "宇宙飞船驾照", "人工", "谢谢"):
        fits(await zhang.post("/ask", {"text": text}), "POST", "/ask")
    fits(await zhang.post("/feedback", {"turn": answer.body["turn"], "useful": True}), "POST", "/feedback")
    user = (await here.stores.mongo.collection("handoffs").find_one({}) or {})["user"]
    await here.stores.outbox.put(OutboxItem("desk-1", "app", user, (Text("您好"),), clock()))
    messages = await zhang.get("/messages")
    assert messages.body["items"]
    fits(messages, "GET", "/messages")
    fits(await zhang.ask("DELETE", "/me"), "DELETE", "/me")
    made = await admin.post("/entries", DRAFT)
    fits(made, "POST", "/entries")
    entry_id = made.body["id"]
    changed = {**DRAFT, "answer": "改了。", "version": 1}
    fits(await admin.put(f"/entries/{entry_id}", changed), "PUT", "/entries/{id}")
    soon = (clock() + timedelta(hours=1)).isoformat()
    for program, action, more in (
        (admin, "submit", {}),
        (admin, "approve", {}),
        (other, "approve", {}),
        (other, "confirm", {}),
        (other, "schedule", {"at": soon}),
        (other, "publish", {}),
        (other, "publish", {}),
    ):
        fits(await program.step(entry_id, action, **more), "POST", "/entries/{id}/steps")
    fits(await admin.get("/entries"), "GET", "/entries")
    fits(await admin.get(f"/entries/{entry_id}"), "GET", "/entries/{id}")
    fits(await admin.get(f"/entries/{entry_id}/revisions"), "GET", "/entries/{id}/revisions")
    fits(await admin.get(f"/entries/{entry_id}/revisions/2"), "GET", "/entries/{id}/revisions/{number}")


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, str, dict[str, Any]]:
    """A request to one of the routes: mostly what the description allows, sometimes not."""
    route = draw(st.sampled_from(ROUTES))
    told, hostile = operation(route.method, route.path), draw(st.booleans())
    known = st.sampled_from(["pension", "card", "card-lost", "nothing"])
    name = st.one_of(known, st.text(min_size=1, max_size=9))
    path, query, headers = route.path, {}, {}
    for each in told["parameters"]:
        if each["in"] == "path":
            value = draw(st.integers(-1, 3).map(str) if each["name"] == "number" else name)
            path = path.replace(f"{{{each['name']}}}", quoted(value))
        elif each["in"] == "query" and draw(st.booleans()):
            query[each["name"]] = str(draw(values(each["schema"], DESCRIPTION, hostile=hostile)))
        elif draw(st.booleans()):
            headers["If-Match"] = draw(st.sampled_from(['"1"', '"0"', "*", '"x"', "W/"]))
    options: dict[str, Any] = {"params": query, "headers": headers}
    if "requestBody" in told:
        schema = told["requestBody"]["content"]["application/json"]["schema"]
        body = draw(values(schema, DESCRIPTION, hostile=hostile))
        if isinstance(body, dict) and "answer" in body and not hostile:
            body |= {"department": "hrss", "category": "social", "guide": ""}  # what there is
            body |= {"links": [], "basis": [], "alternates": [], "keywords": []}
            body |= {"valid_from": None, "question": body["question"].strip() or "问"}
        raw = json.dumps(body).encode() if draw(st.integers(0, 19)) else draw(st.binary(max_size=50))
        options |= {"data": raw}
        headers["Content-Type"] = "application/json"
    return route.method, route.path, path, options


def quoted(text: str) -> str:
    """Every byte written as %XX, so that nothing is lost on the way."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


async def test_nothing_that_can_be_asked_ends_in_a_500(here: Here, stranger: Program, clock: Clock) -> None:
    admin, zhang = await hired(here, stranger, "li", "admin"), await citizen(stranger)
    drawn: list[tuple[str, str, str, dict[str, Any]]] = []

    @seed(20261123)
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests())
    def draw(request: tuple[str, str, str, dict[str, Any]]) -> None:
        drawn.append(request)

    draw()
    seen: dict[int, int] = {}
    for method, route, path, options in drawn:
        clock.advance(seconds=2)  # slowly enough for every limit
        asks = zhang if path in {"/ask", "/feedback", "/messages", "/me"} else admin
        got = await asks.ask(method, path, **options)
        seen[got.status] = seen.get(got.status, 0) + 1
        unconfigured = path == "/sessions" and got.status == 503  # there is no mini-program here
        assert got.status < 500 or unconfigured, (method, path, options, got)
        assert got.status != 429
        fits(got, method, route)
    assert len(drawn) >= EXAMPLES
    assert {200, 201, 404, 412, 422, 428} <= seen.keys(), seen
