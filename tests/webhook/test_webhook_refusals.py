"""Forged and malformed requests: refused without a trace, and the server answers the next honest one."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from tests.platform import sealing
from tests.platform.accounts import FakeAccount, SignedRequest, verification, xml
from tests.platform.pusher import FakeWeChat
from tests.platform.wire import HttpAnswer, HungUpError, Manner, exchange, exchange_raw, head
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION
from tests.webhook import forgeries
from tests.webhook.bending import MEGABYTE, Case, genuine
from tests.webhook.conftest import MINI, OFFICIAL, Doors

TABLE: list[tuple[FakeAccount, Case]] = [
    *((OFFICIAL, case) for case in forgeries.safe_official()),
    *((replace(OFFICIAL, mode="compatible"), case) for case in forgeries.COMPATIBLE),
    *((replace(OFFICIAL, mode="plain"), case) for case in forgeries.PLAIN),
    *((replace(MINI, form="json"), case) for case in forgeries.MINI_JSON),
]
LEAKS = ("Traceback", 'File "', "Error:", "/work", "oForger", "<a ", "root:")


def test_the_table_is_long_and_its_names_are_unique() -> None:
    names = [case.name for _, case in TABLE]
    assert len(names) == len(set(names)) >= 60


async def still_answers(doors: Doors, account: FakeAccount, user: str) -> None:
    answer = await doors.wechat(account, seed=99).say(user, KNOWN_QUESTION)
    assert answer.silent == (account.channel == "mini")


def assert_refused(answer: HttpAnswer, expected: tuple[int, ...], printed: str) -> None:
    body = answer.body.decode("utf-8", errors="replace")
    assert answer.status in expected, body
    assert len(body) < 300
    assert not [leak for leak in LEAKS if leak in body]
    assert not [leak for leak in ("Traceback", "oForger") if leak in printed]


@pytest.mark.parametrize(("account", "case"), TABLE, ids=[case.name for _, case in TABLE])
async def test_refused_and_not_stored(
    doors: Doors,
    account: FakeAccount,
    case: Case,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = await doors.stored()
    wechat = doors.wechat(account, seed=50)
    answer = await wechat.send(case.build(wechat), case.manner)
    printed = capsys.readouterr()
    assert_refused(answer, case.expected, printed.out + printed.err + caplog.text)
    assert await doors.stored() == before


async def test_honest_messages_are_answered_after_all_that(doors: Doors) -> None:
    for number, account in enumerate((OFFICIAL, replace(OFFICIAL, mode="compatible"), MINI)):
        await still_answers(doors, account, f"oAfterwards{number}")


VERIFICATIONS: dict[str, tuple[dict[str, str | None], int]] = {
    "bad signature": ({"signature": "0" * 40}, 403),
    "no signature": ({"signature": None}, 403),
    "empty signature": ({"signature": ""}, 403),
    "stale": ({"timestamp": "1714036504"}, 403),
    "other nonce": ({"nonce": "1"}, 403),
    "no echostr": ({"echostr": None}, 400),
    "empty echostr": ({"echostr": ""}, 400),
    "echostr with markup": ({"echostr": "<script>alert(1)</script>"}, 400),
    "echostr of 7 000 digits": ({"echostr": "1" * 7000}, 400),
    "nothing": ({"signature": None, "timestamp": None, "nonce": None, "echostr": None}, 403),
}


@pytest.mark.parametrize("name", VERIFICATIONS)
@pytest.mark.parametrize("mode", ["safe", "plain"])
async def test_a_forged_verification_echoes_nothing(doors: Doors, name: str, mode: str) -> None:
    changes, expected = VERIFICATIONS[name]
    wechat = doors.wechat(replace(OFFICIAL, mode="safe" if mode == "safe" else "plain"), seed=51)
    request = verification(
        wechat.account, timestamp=str(wechat.now()), nonce=wechat.nonce(), echostr="4375120948345356249"
    )
    query = {key: value for key, value in {**request.query, **changes}.items() if value is not None}
    answer = await wechat.send(replace(request, query=query), Manner(method="GET"))
    assert answer.status == expected
    assert b"4375" not in answer.body
    assert b"<" not in answer.body


async def test_none_of_the_other_splits_of_a_signature_is_believed(doors: Doors) -> None:
    """SHA-1 over sorted parts without delimiters: one capture fits many pairs (shared/WECHAT.md 1)."""
    wechat = doors.wechat(replace(OFFICIAL, mode="plain"), seed=52)
    genuine = wechat.sign(wechat.text("oSplit", KNOWN_QUESTION))
    signature, token = genuine.query["signature"], wechat.account.token
    stamp, nonce = genuine.query["timestamp"], genuine.query["nonce"]
    fitting = set()
    for digits in {"".join(sorted((stamp, nonce))), stamp + nonce, nonce + stamp}:
        for cut in range(1, len(digits)):
            pair = (digits[:cut], digits[cut:])
            for each in (pair, pair[::-1]):
                if sealing.sign(token, *each) == signature and each != (stamp, nonce):
                    fitting.add(each)
    assert len(fitting) > 10
    before = await doors.stored()
    for other_stamp, other_nonce in fitting:
        query = {**genuine.query, "timestamp": other_stamp, "nonce": other_nonce}
        assert (await wechat.send(replace(genuine, query=query))).status == 403
    assert await doors.stored() == before


async def test_a_truncated_body_is_dropped(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    before = await doors.stored()
    wechat = doors.wechat(OFFICIAL, seed=53)
    request = wechat.sign(wechat.text("oTruncated", KNOWN_QUESTION))
    address = doors.programs["safe"].address
    manner = Manner(claimed_length=len(request.body) + 10, drop=True)
    assert await exchange(address.host, address.port, request, manner) is None
    await still_answers(doors, OFFICIAL, "oAfterTruncated")
    turns = doors.programs["safe"].stores.mongo.collection("turns")
    assert await turns.count_documents({"inbound.user": "oTruncated"}) == 0
    assert (await doors.stored())["turns"] == before["turns"] + 1
    assert "Traceback" not in caplog.text


def compressed(wechat: FakeWeChat, body: bytes) -> SignedRequest:
    return replace(wechat.sign(wechat.text("oForger", "你好")), body=gzip.compress(body))


async def test_a_compression_bomb_is_not_unpacked(doors: Doors) -> None:
    """10 KB that become 10 MB."""
    wechat = doors.wechat(OFFICIAL, seed=54)
    request = compressed(wechat, b"<xml>" + b" " * (10 * MEGABYTE))
    answer = await wechat.send(request, Manner(headers={"Content-Encoding": "gzip"}))
    assert answer.status in {400, 413, 415}


RAW = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a chunk of no length": b"ZZ\r\nabc\r\n0\r\n\r\n",
    "a chunk of negative length": b"-5\r\nabc\r\n0\r\n\r\n",
    "a chunk of endless length": b"f" * 40 + b"\r\nabc\r\n0\r\n\r\n",
    "a chunk without its end": b"3\r\nabcdef\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", RAW)
async def test_broken_http_is_no_trouble(doors: Doors, name: str) -> None:
    wechat = doors.wechat(OFFICIAL, seed=55)
    address = doors.programs["safe"].address
    start = b"" if name == "no HTTP at all" else head(genuine(wechat), Manner(chunked=True), "x")
    try:
        answer = await exchange_raw(address.host, address.port, start + RAW[name])
    except HungUpError:
        pass
    else:
        assert_refused(answer, (400,), "")
    await still_answers(doors, OFFICIAL, f"oAfterRaw-{len(name)}")


async def test_two_encrypted_parts_are_settled_by_the_signature(doors: Doors) -> None:
    """Words of a citizen may look like the element; what the signature covers is the message."""
    wechat = doors.wechat(OFFICIAL, seed=56)
    fields = wechat.text("oTwoParts", KNOWN_QUESTION)
    request = wechat.sign(fields)
    decoy = request.body.replace(b"<ToUserName>", b"<Encrypt>QUJDRA==</Encrypt><ToUserName>")
    answer = await wechat.send(replace(request, body=decoy))
    assert answer.status == 200
    assert await doors.programs["safe"].count("turns", **{"inbound.user": "oTwoParts"}) == 1
    document = xml(wechat.text("oTwoParts", "x")).encode()
    assert (await wechat.send(replace(request, body=document))).status == 400


async def test_half_characters_in_json_become_readable(doors: Doors) -> None:
    """JSON can escape what UTF-8 can't hold: it is dropped, and the rest is answered."""
    wechat = doors.wechat(replace(MINI, mode="plain", form="json"), seed=57)
    request = wechat.sign(wechat.text("oHalf", "SURROGATE" + KNOWN_QUESTION))
    answer = await wechat.send(replace(request, body=request.body.replace(b"SURROGATE", rb"\ud83d")))
    assert (answer.status, answer.body) == (200, b"success")
    assert KNOWN_ANSWER in (await doors.api.until_sent("oHalf"))[0]
