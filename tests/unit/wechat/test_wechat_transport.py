from __future__ import annotations

import pytest
from aiohttp.test_utils import unused_port

from tests.platform.api_faults import FaultKind
from tests.platform.api_server import SEND, PlatformApi
from tests.unit.wechat.wechat_samples import MakeClient
from wechat.api_errors import RefusedError, UncertainError, UnreachableError, refused
from wechat.render import TextMessage
from wechat.transport import API_BASE, SPARE_BASE, Hosts, Request, api_bases, read_answer, required


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_official_host_brings_its_spare() -> None:
    assert api_bases("https://api.weixin.qq.com") == (API_BASE, SPARE_BASE)
    assert api_bases("") == (API_BASE, SPARE_BASE)
    assert api_bases("https://a.example/, https://b.example") == ("https://a.example", "https://b.example")


def test_hosts_are_switched_over_and_back() -> None:
    ticks = Ticks()
    hosts = Hosts(("a", "b", "c"), ticks)
    hosts.unreachable()
    assert hosts.order() == ("b", "c", "a")
    for _ in range(2):
        hosts.silent()
    hosts.answered()
    for _ in range(2):
        hosts.silent()
    assert hosts.order()[0] == "b"
    hosts.silent()
    assert hosts.order() == ("c", "a", "b")
    ticks.now = 300.0
    assert hosts.order() == ("a", "b", "c")


async def test_an_unreachable_host_is_passed_over_in_the_same_call(
    platform: PlatformApi, make_client: MakeClient
) -> None:
    client = make_client(api_base=f"http://127.0.0.1:{unused_port()},{platform.url}")
    await client.get("/cgi-bin/getcallbackip")
    await client.get("/cgi-bin/getcallbackip")
    assert platform.calls == ["/cgi-bin/stable_token"] + ["/cgi-bin/getcallbackip"] * 2


async def test_when_no_host_is_reachable_nothing_was_sent(make_client: MakeClient) -> None:
    bases = ",".join(f"http://127.0.0.1:{unused_port()}" for _ in range(2))
    with pytest.raises(UnreachableError):
        await make_client(api_base=bases).get("/cgi-bin/getcallbackip")


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "page"])
async def test_a_message_that_got_no_answer_is_not_sent_again_anywhere(
    platform: PlatformApi, make_client: MakeClient, kind: FaultKind
) -> None:
    client = make_client(api_base=f"{platform.url},{platform.url.replace('127.0.0.1', 'localhost')}")
    platform.deed("oCitizen", "message")
    await client.send("oCitizen", TextMessage("1"))
    platform.faults.plan(kind, path=SEND)
    with pytest.raises(UncertainError):
        await client.send("oCitizen", TextMessage("2"))
    assert platform.calls.count(SEND) == 2
    assert platform.texts("oCitizen") == (["1", "2"] if kind == "cut_after" else ["1"])


async def test_a_slow_answer_ends_at_the_deadline(platform: PlatformApi, make_client: MakeClient) -> None:
    client = make_client(total_seconds=0.2)
    platform.faults.plan("slow", path="getcallbackip")
    with pytest.raises(UncertainError):
        await client.get("/cgi-bin/getcallbackip")


def test_requests_show_no_secrets() -> None:
    shown = repr(Request("/x", {"secret": "s3cret"}, {"touser": "oPerson"}))
    assert shown == "Request(path='/x')"


def test_a_missing_field_is_an_uncertain_result() -> None:
    with pytest.raises(UncertainError, match="holds no ticket"):
        required({"ticket": ""}, "ticket")
    assert required({"ticket": 0}, "ticket") == 0


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (42001, "TokenRefusedError"),
        (45011, "BusyError"),
        (45009, "QuotaError"),
        (45047, "WindowClosedError"),
        (43004, "RecipientError"),
        (43101, "ConsentError"),
        (40164, "PermissionRefusedError"),
        (47003, "ContentRefusedError"),
        (99999, "RefusedError"),
    ],
)
def test_each_code_has_its_class_and_advice(code: int, name: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read_answer("/x", 200, b'{"errcode": %d, "errmsg": "oPerson rid: 12ab-0"}' % code)
    assert type(caught.value).__name__ == name
    assert caught.value.advice.endswith("。")
    assert "oPerson" not in str(caught.value)
    assert str(refused("/x", code, "12ab-0")) == str(caught.value)


@pytest.mark.parametrize(
    ("status", "raw"),
    [
        (502, b'{"message": "no upstream"}'),
        (404, b'{"errcode": 0}'),
        (503, b"{}"),
        (200, b"<html>"),
        (200, b'{"errcode": "0"}'),
    ],
)
def test_what_a_proxy_answers_in_the_platforms_place_is_no_success(status: int, raw: bytes) -> None:
    """The platform answers everything with status 200: an object without a code is not its "done"."""
    with pytest.raises(UncertainError):
        read_answer("/x", status, raw)


def test_an_error_code_counts_whatever_the_status() -> None:
    with pytest.raises(RefusedError, match="45015"):
        read_answer("/x", 412, b'{"errcode": 45015, "errmsg": "out"}')
