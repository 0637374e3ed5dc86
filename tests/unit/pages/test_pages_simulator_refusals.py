from __future__ import annotations

import pytest

from tests.unit.pages.simulated import (
    SAME_ORIGIN,
    USER,
    Hall,
    late_url,
    pushed,
    simulator,
)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
async def test_other_pages_can_not_push(headers: dict[str, str]) -> None:
    hall = Hall()
    async with simulator(hall) as client:
        said = {"user": USER, "channel": "official", "type": "text", "text": "x"}
        response = await client.post("/simulator/push", json=said, headers=headers)
        assert response.status == 403
    assert hall.seen == []


async def test_a_browser_without_fetch_metadata_is_known_by_its_origin() -> None:
    async with simulator(Hall()) as client:
        origin = str(client.make_url("/")).rstrip("/")
        said = {"user": USER, "channel": "official", "type": "text", "text": "x"}
        response = await client.post("/simulator/push", json=said, headers={"Origin": origin})
        assert response.status == 200


async def test_other_pages_can_not_read_late_replies() -> None:
    async with simulator(Hall()) as client:
        response = await client.get(late_url(), headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status == 403


@pytest.mark.parametrize(
    "order",
    [
        {"user": "oReal_citizen_openid"},
        {"user": "sim_"},
        {"user": "sim_0123456789abcdef\n"},
        {"channel": "other"},
        {"type": "video"},
        {"type": "event"},
        {"type": "text", "event": "subscribe"},
        {"type": "event", "event": "LOCATION"},
        {"text": "长" * 2001},
        {"event_key": "k" * 65},
        {"token": "x"},
    ],
)
async def test_orders_that_the_page_never_makes_are_refused(order: dict[str, str]) -> None:
    hall = Hall()
    async with simulator(hall) as client:
        told = await pushed(client, order, status=400)
    assert told["error"].startswith("请求写得不对")
    assert hall.seen == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"user":"\\ud800"}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"user=sim_1", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b" " * 17_000, "application/json", 413),
        (b"[" * 9_000, "application/json", 400),
    ],
)
async def test_bodies_that_are_no_orders_are_refused(body: bytes, kind: str, status: int) -> None:
    async with simulator(Hall()) as client:
        response = await client.post(
            "/simulator/push", data=body, headers={**SAME_ORIGIN, "Content-Type": kind}
        )
        assert response.status == status
        assert (await response.json())["error"]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (late_url(user="oReal"), 403),
        (late_url(user=""), 403),
        (late_url(channel="x"), 400),
        (late_url(after=""), 400),
        (late_url(after="yesterday"), 400),
        (late_url(after="2026-11-23T04:00:00"), 400),
        (late_url(after="0001-01-01T00:00:00%2B00:00"), 400),
        (late_url(after="9999-12-31T23:59:59-12:00"), 400),
    ],
)
async def test_late_questions_that_the_page_never_asks_are_refused(url: str, status: int) -> None:
    async with simulator(Hall()) as client:
        response = await client.get(url)
        assert response.status == status
        assert (await response.json())["error"]
