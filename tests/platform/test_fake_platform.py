"""The fake platform itself: tied to the official vectors (shared/WECHAT.md 1), and as strict as it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.platform import accounts, sealing, verdict
from tests.platform.accounts import FakeAccount, SignedRequest
from tests.platform.pusher import Address, FakeWeChat, Plan
from tests.platform.wire import HttpAnswer

TOKEN, KEY, APP = "AAAAA", "A" * 43, "wxba5fad812f8e6fb9"
PUSHED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsX"
    "UnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajA"
    "sjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
REPLIED = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="


@pytest.mark.parametrize(
    ("timestamp", "nonce", "more", "expected"),
    [
        ("1714036504", "1514711492", (), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("1714037059", "486452656", (), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("1714112445", "415670741", (), "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
        ("1714112445", "415670741", (PUSHED,), "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"),
        ("1713424427", "415670741", (REPLIED,), "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"),
    ],
)
def test_signs_the_official_vectors(timestamp: str, nonce: str, more: tuple[str, ...], expected: str) -> None:
    assert sealing.sign(TOKEN, timestamp, nonce, *more) == expected


def test_opens_the_official_push() -> None:
    message, app_id = sealing.decrypt(PUSHED, encoding_aes_key=KEY)
    assert app_id == APP
    assert json.loads(message)["Event"] == "debug_demo"


def test_seals_the_official_reply() -> None:
    message = b'{"demo_resp":"good luck"}'
    sealed = sealing.encrypt(message, encoding_aes_key=KEY, app_id=APP, random=b"707722b803182950")
    assert sealed == REPLIED


def test_imports_nothing_of_the_product() -> None:
    """An own implementation: product and test can't agree on a shared mistake."""
    for path in Path(__file__).parent.glob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]):
                assert words[1].partition(".")[0] not in {
                    "wechat",
                    "bot",
                    "messages",
                    "handlers",
                    "wechatpy",
                }, path


ACCOUNT = FakeAccount(mode="plain")
WECHAT = FakeWeChat(ACCOUNT, [Address("127.0.0.1", 9)], lambda: datetime(2026, 11, 23, tzinfo=UTC))
ASKED = WECHAT.text("oCitizen", "社保卡丢了怎么补")
GOOD = {
    "ToUserName": "oCitizen",
    "FromUserName": ACCOUNT.original_id,
    "CreateTime": 1795392000,
    "MsgType": "text",
    "Content": '请到<a href="https://hall.example/guides/1">3 号窗口</a>。',
}


def judged(body: str | bytes, account: FakeAccount = ACCOUNT, status: int = 200) -> verdict.Answer:
    request = SignedRequest("/wechat/official", {"nonce": "123456"}, b"")
    content = body.encode() if isinstance(body, str) else body
    return verdict.judge(account, request, ASKED, HttpAnswer(status, {}, content))


def test_takes_good_answers() -> None:
    assert judged("success").silent
    assert judged("").silent
    assert judged(accounts.xml(GOOD)).text == GOOD["Content"]
    tap = '<a href="weixin://bizmsgmenu?msgmenucontent=%E6%9C%89%E7%94%A8&msgmenuid=0">有用</a>'
    assert judged(accounts.xml({**GOOD, "Content": tap})).text == tap
    hostile = accounts.xml({**GOOD, "Content": "a]]>b & <b>"})
    assert judged(hostile).text == "a]]>b & <b>"


ARTICLE = {"Title": "标题", "Description": "", "PicUrl": "", "Url": "https://hall.example/"}
TEXT = {name: GOOD[name] for name in ("ToUserName", "FromUserName", "CreateTime")}
BAD_FIELDS = {
    "addressed to somebody else": {**GOOD, "ToUserName": "oOther"},
    "names not swapped": {**GOOD, "FromUserName": "oCitizen"},
    "unknown type": {**GOOD, "MsgType": "txt"},
    "no time": {**GOOD, "CreateTime": "now"},
    "unknown field": {**GOOD, "FuncFlag": 0},
    "missing field": TEXT | {"MsgType": "text"},
    "empty text": {**GOOD, "Content": ""},
    "too long": {**GOOD, "Content": "长" * 667},
    "much too long": {**GOOD, "Content": "长" * 683},
    "control character": {**GOOD, "Content": "\u0085"},
    "script address": {**GOOD, "Content": '<a href="javascript:alert(1)">x</a>'},
    "other weixin address": {**GOOD, "Content": '<a href="weixin://dl/settings">x</a>'},
    "unfinished link": {**GOOD, "Content": '<a href="https://a.example">x'},
    "link with more attributes": {**GOOD, "Content": '<a href="https://a.example" onclick="x">x</a>'},
    "nested link": {**GOOD, "Content": '<a href="https://a.example"><a href="https://b.example">x</a></a>'},
    "capital link": {**GOOD, "Content": '<A HREF="https://a.example">x</A>'},
    "two articles": TEXT | {"MsgType": "news", "ArticleCount": 2, "Articles": {"item": [ARTICLE, ARTICLE]}},
    "wrong article count": TEXT | {"MsgType": "news", "ArticleCount": 2, "Articles": {"item": [ARTICLE]}},
    "article address": TEXT
    | {"MsgType": "news", "ArticleCount": 1, "Articles": {"item": [ARTICLE | {"Url": "javascript:"}]}},
}
BAD_BODIES: dict[str, str | bytes] = {
    "error page": "Error 500",
    "JSON": '{"ToUserName": "oCitizen"}',
    "not UTF-8": "<xml>长</xml>".encode("gbk"),
    "DTD": '<!DOCTYPE xml [<!ENTITY a "b">]>' + accounts.xml(GOOD),
    "forged by ]]>": accounts.xml(GOOD).replace("窗口", "]]></Content><Content><![CDATA["),
    "broken by ]]>": accounts.xml(GOOD).replace("窗口", "]]>"),
    "illegal character": accounts.xml(GOOD).replace("窗口", "\x0b"),
    "attribute": accounts.xml(GOOD).replace("<MsgType>", '<MsgType a="b">'),
    "Success": "SUCCESS",
}


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_refuses_bad_documents(name: str) -> None:
    with pytest.raises(verdict.BrokenRuleError):
        judged(accounts.xml(BAD_FIELDS[name]))


@pytest.mark.parametrize("name", BAD_BODIES)
def test_refuses_bad_bodies(name: str) -> None:
    with pytest.raises(verdict.BrokenRuleError):
        judged(BAD_BODIES[name])


def test_refuses_other_statuses() -> None:
    with pytest.raises(verdict.BrokenRuleError):
        judged("success", status=503)


def sealed_answer(**changes: str) -> str:
    account = FakeAccount(mode="safe")
    encrypted = sealing.encrypt(
        accounts.xml(GOOD).encode(),
        encoding_aes_key=changes.pop("key", account.aes_key),
        app_id=changes.pop("app_id", account.app_id),
    )
    fields = {"Encrypt": encrypted, "TimeStamp": "1795392000", "Nonce": "123456", **changes}
    signature = sealing.sign(account.token, fields["TimeStamp"], fields["Nonce"], encrypted)
    return accounts.xml({"MsgSignature": signature, **fields})


def test_takes_a_sealed_answer() -> None:
    assert judged(sealed_answer(), FakeAccount(mode="safe")).sealed
    assert judged(sealed_answer(), FakeAccount(mode="compatible")).sealed


@pytest.mark.parametrize(
    "changes",
    [
        {"Nonce": "654321"},
        {"MsgSignature": "0" * 40},
        {"app_id": "wx0"},
        {"key": "B" * 42 + "A"},
        {"More": ""},
    ],
)
def test_refuses_badly_sealed_answers(changes: dict[str, str]) -> None:
    with pytest.raises(verdict.BrokenRuleError):
        judged(sealed_answer(**changes), FakeAccount(mode="safe"))


def test_refuses_an_open_answer_in_safe_mode() -> None:
    with pytest.raises(verdict.BrokenRuleError):
        judged(accounts.xml(GOOD), FakeAccount(mode="safe"))
    with pytest.raises(verdict.BrokenRuleError):
        judged(sealed_answer(), FakeAccount(mode="plain"))


async def test_an_unreachable_server_is_tried_three_times() -> None:
    deliveries = await WECHAT.push(ASKED, Plan(same_nonce=False))
    assert [each.outcome for each in deliveries] == ["failed"] * 3
