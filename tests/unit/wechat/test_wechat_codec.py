from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages import Channel
from wechat.account import Account, Mode
from wechat.codec import SUCCESS, ForgedError, Form, MalformedError, answer, open_push, seal, verify_url
from wechat.markup import clean_text
from wechat.push import Push, event_fields, message_fields, open_answer, push, verification_query
from wechat.render import TextMessage

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEYS = ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg")
OFFICIAL_TOKEN, OFFICIAL_APP = "AAAAA", "wxba5fad812f8e6fb9"
MODES: tuple[Mode, ...] = get_args(Mode)
FORMS: list[tuple[Channel, Form]] = [("official", "xml"), ("mini", "xml"), ("mini", "json")]


def make_account(channel: Channel = "official", mode: Mode = "safe") -> Account:
    return Account(
        channel=channel, token="一个 token", app_id="wx1234567890abcdef", mode=mode, aes_keys=KEYS[:1]
    )


def text_push(account: Account, content: str = "你好", form: Form = "xml", now: datetime = NOW) -> Push:
    fields = message_fields(
        "text", user="oUser", account_id="gh_hall", message_id=7_000_000_000_000_001, now=now, Content=content
    )
    return push(account, fields, nonce="1514711492", now=now, form=form)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("channel", "form"), FORMS)
class TestModesAndAccounts:
    def test_a_text_is_opened_and_answered(self, channel: Channel, form: Form, mode: Mode) -> None:
        account = make_account(channel, mode)
        sent = text_push(account, form=form)
        opened = open_push(account, sent.query, sent.body, sent.content_type, NOW)
        assert (opened.inbound.kind, opened.inbound.text, opened.inbound.user) == ("text", "你好", "oUser")
        assert opened.inbound.channel == channel
        got = answer(account, opened, TextMessage("办好了"), NOW)
        assert (b"Encrypt" in got.body) == (mode != "plain")
        fields = open_answer(account, got.body)
        assert fields is not None
        assert fields["Content"] == "办好了"
        assert (fields["ToUserName"], fields["FromUserName"]) == ("oUser", "gh_hall")

    def test_silence_is_success_and_never_encrypted(self, channel: Channel, form: Form, mode: Mode) -> None:
        account = make_account(channel, mode)
        sent = text_push(account, form=form)
        opened = open_push(account, sent.query, sent.body, sent.content_type, NOW)
        assert answer(account, opened, None, NOW) is SUCCESS
        assert open_answer(account, SUCCESS.body) is None

    def test_the_address_is_verified(self, channel: Channel, form: Form, mode: Mode) -> None:
        account = make_account(channel, mode)
        query = verification_query(account, echostr="4375120948345356249", nonce=f"n-{form}", now=NOW)
        assert verify_url(account, query, NOW) == "4375120948345356249"
        with pytest.raises(ForgedError):
            verify_url(account, query | {"signature": "0" * 40}, NOW)
        with pytest.raises(MalformedError):
            verify_url(account, query | {"echostr": "<script>alert(1)</script>"}, NOW)

    def test_stale_or_wrong_token(self, channel: Channel, form: Form, mode: Mode) -> None:
        account = make_account(channel, mode)
        sent = text_push(account, form=form)
        with pytest.raises(ForgedError):
            open_push(account, sent.query, sent.body, sent.content_type, NOW + timedelta(seconds=301))
        with pytest.raises(ForgedError):
            open_push(replace(account, token="other"), sent.query, sent.body, sent.content_type, NOW)

    @pytest.mark.parametrize("other", MODES)
    def test_a_request_of_another_mode_is_refused(
        self, channel: Channel, form: Form, mode: Mode, other: Mode
    ) -> None:
        account, sender = make_account(channel, mode), make_account(channel, other)
        sent = text_push(sender, form=form)
        if (mode == "plain") == (other == "plain"):
            assert open_push(account, sent.query, sent.body, sent.content_type, NOW).inbound.text == "你好"
            return
        with pytest.raises((ForgedError, MalformedError)):
            open_push(account, sent.query, sent.body, sent.content_type, NOW)


@pytest.mark.parametrize("mode", ["safe", "compatible"])
@pytest.mark.parametrize("dropped", ["msg_signature", "encrypt_type", "timestamp", "nonce"])
def test_security_can_not_be_talked_down(mode: Mode, dropped: str) -> None:
    """EasyWeChat took a body unchecked when `msg_signature` was absent; ours never does."""
    account = make_account(mode=mode)
    sent = text_push(account)
    query = {name: value for name, value in sent.query.items() if name != dropped}
    with pytest.raises(ForgedError):
        open_push(account, query, sent.body, sent.content_type, NOW)
    plain = text_push(make_account(mode="plain"))
    with pytest.raises(ForgedError):
        open_push(account, plain.query, plain.body, plain.content_type, NOW)
    with pytest.raises(ForgedError):
        open_push(account, plain.query | {"encrypt_type": "raw"}, plain.body, plain.content_type, NOW)


def test_compatible_mode_reads_only_what_is_signed() -> None:
    account = make_account(mode="compatible")
    sent = text_push(account, "真的")
    forged = sent.body.replace("真的".encode(), "假的".encode()).replace(b"oUser", b"oEvil")
    assert forged != sent.body
    inbound = open_push(account, sent.query, forged, sent.content_type, NOW).inbound
    assert (inbound.text, inbound.user) == ("真的", "oUser")


def test_compatible_mode_is_not_confused_by_a_citizen_who_writes_the_element() -> None:
    account = make_account(mode="compatible")
    words = "<Encrypt>QUJD</Encrypt>"
    sent = text_push(account, words)
    assert sent.body.count(b"<Encrypt>") == 2
    assert open_push(account, sent.query, sent.body, sent.content_type, NOW).inbound.text == words


def test_previous_key_opens_and_seals_the_answer() -> None:
    old = make_account()
    account = replace(old, aes_keys=(KEYS[1], KEYS[0]))
    sent = text_push(old)
    opened = open_push(account, sent.query, sent.body, sent.content_type, NOW)
    fields = open_answer(old, answer(account, opened, TextMessage("好"), NOW).body)
    assert fields is not None
    assert fields["Content"] == "好"


def test_official_push_and_reply_vectors() -> None:
    account = Account(
        channel="mini", token=OFFICIAL_TOKEN, app_id=OFFICIAL_APP, mode="safe", aes_keys=("A" * 43,)
    )
    encrypted = (
        "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzaz"
        "hZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSq"
        "FIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
    )
    query = {
        "signature": "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
        "timestamp": "1714112445",
        "nonce": "415670741",
        "openid": "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
        "encrypt_type": "aes",
        "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
    }
    body = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": encrypted}).encode()
    at = datetime.fromtimestamp(1714112445, tz=UTC)
    inbound = open_push(account, query, body, "application/json", at).inbound
    assert (inbound.event, inbound.user) == ("debug_demo", "o9AgO5Kd5ggOC-bXrbNODIiE3bGY")
    slashes = body.replace(b"/", b"\\/")
    assert open_push(account, query, slashes, "application/json", at).inbound == inbound


def test_the_official_account_takes_no_json() -> None:
    account = make_account("official")
    sent = text_push(account, form="json")
    with pytest.raises(MalformedError):
        open_push(account, sent.query, sent.body, sent.content_type, NOW)


def test_a_retry_has_the_same_key_and_its_own_nonce() -> None:
    account = make_account()
    fields = message_fields("text", user="oUser", account_id="gh", message_id=5, now=NOW, Content="x")
    contexts, keys = set(), set()
    for number in range(3):
        sent = push(account, fields, nonce=f"nonce{number}", now=NOW + timedelta(seconds=5 * number))
        opened = open_push(account, sent.query, sent.body, sent.content_type, NOW)
        contexts.add(opened.context.nonce)
        keys.add(opened.inbound.key)
    assert (len(contexts), len(keys)) == (3, 1)


def test_nothing_secret_shows_in_a_repr() -> None:
    account = make_account()
    sent = text_push(account)
    opened = open_push(account, sent.query, sent.body, sent.content_type, NOW)
    shown = repr(account) + repr(opened.context)
    assert account.token not in shown
    assert KEYS[0] not in shown
    assert repr(account.keys[0])[2:-1] not in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"aes_keys": ()},
        {"app_id": ""},
        {"aes_keys": ("short",)},
        {"aes_keys": (KEYS[0], "x" * 44)},
    ],
)
def test_an_account_that_can_not_be_secure_is_refused(wrong: dict[str, object]) -> None:
    values: dict[str, object] = {
        "channel": "official",
        "token": "t",
        "app_id": "wx",
        "mode": "safe",
        "aes_keys": KEYS,
        **wrong,
    }
    with pytest.raises(ValueError, match=r"token|EncodingAESKey"):
        Account(**values)  # type: ignore[arg-type]


HOSTILE_PIECES = st.sampled_from(
    [
        "]]>",
        "<![CDATA[",
        "</xml>",
        "<a href='",
        "&lt;",
        "😀",
        "👨‍👩‍👧‍👦",
        "🇨🇳",
        "\x0b",
        "\x00",
        "\ud800",
        "\n",
        " ",
        "<",
        "微笑",
    ]
)
HOSTILE_TEXT = st.lists(HOSTILE_PIECES | st.text(max_size=20), max_size=30).map("".join)


@given(content=HOSTILE_TEXT, mode=st.sampled_from(MODES), pair=st.sampled_from(FORMS))
@settings(max_examples=150)
def test_any_text_comes_through_both_ways(content: str, mode: Mode, pair: tuple[Channel, Form]) -> None:
    channel, form = pair
    account = make_account(channel, mode)
    clean = clean_text(content)
    sent = text_push(account, clean, form)
    opened = open_push(account, sent.query, sent.body, sent.content_type, NOW)
    assert opened.inbound.text.strip() == clean.strip()
    got = open_answer(account, answer(account, opened, TextMessage(content), NOW).body)
    assert got is not None
    assert got["MsgType"] == "text"
    assert (got["Content"] or "").strip() == clean.strip()
    assert set(got) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}


def test_seal_keeps_a_hostile_nonce_apart() -> None:
    account = make_account()
    sent = text_push(account)
    opened = open_push(account, sent.query, sent.body, sent.content_type, NOW)
    sealed = seal(account, opened.context, "<xml></xml>", NOW)
    assert sealed.body.count(b"<Nonce><![CDATA[1514711492]]></Nonce>") == 1


def test_an_event_is_opened() -> None:
    account = make_account()
    fields = event_fields("subscribe", user="oUser", account_id="gh_hall", now=NOW, key="qrscene_12")
    sent = push(account, fields, nonce="1", now=NOW)
    inbound = open_push(account, sent.query, sent.body, sent.content_type, NOW).inbound
    assert (inbound.kind, inbound.event, inbound.event_key) == ("event", "subscribe", "12")
