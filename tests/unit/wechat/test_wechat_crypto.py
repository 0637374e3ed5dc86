from __future__ import annotations

import base64
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.crypto.cryptography import WeChatCipher

from wechat.crypto import decode_key, decrypt, encrypt
from wechat.errors import CodecError, ForgedError, MalformedError

OFFICIAL_KEY = decode_key("A" * 43)
OFFICIAL_APP = "wxba5fad812f8e6fb9"
OFFICIAL_PUSH = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6"
    "JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4"
    "M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
OFFICIAL_REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
CURRENT, PREVIOUS = bytes(range(32)), bytes(range(32, 64))
APP = "wx1234567890abcdef"


def seal(content: bytes, key: bytes = CURRENT) -> str:
    """Encrypt raw envelope bytes, sound or not."""
    return base64.b64encode(WeChatCipher(key).encrypt(content)).decode()


def padded(content: bytes) -> bytes:
    padding = 32 - len(content) % 32
    return content + bytes([padding]) * padding


def test_official_push_decrypts() -> None:
    message, key = decrypt(OFFICIAL_PUSH, keys=(OFFICIAL_KEY,), app_id=OFFICIAL_APP)
    assert b'"Event":"debug_demo"' in message
    assert key == OFFICIAL_KEY


def test_official_reply_encrypts() -> None:
    sealed = encrypt(
        b'{"demo_resp":"good luck"}', key=OFFICIAL_KEY, app_id=OFFICIAL_APP, random_prefix=b"707722b803182950"
    )
    assert sealed == OFFICIAL_REPLY


@given(st.binary(max_size=5000))
def test_round_trip(message: bytes) -> None:
    assert decrypt(encrypt(message, key=CURRENT, app_id=APP), keys=(CURRENT,), app_id=APP) == (
        message,
        CURRENT,
    )


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=300))
@settings(max_examples=50)
def test_wechatpy_reads_what_we_seal(text: str) -> None:
    encoding_key = base64.b64encode(CURRENT).decode().rstrip("=")
    other = WeChatCrypto("token", encoding_key, APP)
    sealed = encrypt(text.encode(), key=CURRENT, app_id=APP)
    envelope = other.encrypt_message(text, "nonce", "1714036504")
    signature = envelope.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    theirs = envelope.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert decrypt(theirs, keys=(CURRENT,), app_id=APP)[0] == text.encode()
    assert len(signature) == 40
    assert len(base64.b64decode(sealed)) == len(base64.b64decode(theirs))


def test_random_prefix_differs_each_time() -> None:
    assert len({encrypt(b"same", key=CURRENT, app_id=APP) for _ in range(20)}) == 20


def test_previous_key_still_opens_and_is_named() -> None:
    sealed = encrypt("你好".encode(), key=PREVIOUS, app_id=APP)
    assert decrypt(sealed, keys=(CURRENT, PREVIOUS), app_id=APP) == ("你好".encode(), PREVIOUS)


def test_unknown_key_is_malformed() -> None:
    with pytest.raises(MalformedError, match="EncodingAESKey"):
        decrypt(encrypt(b"x", key=PREVIOUS, app_id=APP), keys=(CURRENT,), app_id=APP)


@pytest.mark.parametrize("app_id", ["wxother", "", APP + "x", APP[:-1]])
def test_another_app_id_is_forged(app_id: str) -> None:
    with pytest.raises(ForgedError):
        decrypt(encrypt(b"x", key=CURRENT, app_id=app_id), keys=(CURRENT, PREVIOUS), app_id=APP)


SOUND = b"r" * 16 + (5).to_bytes(4, "big") + b"hello" + APP.encode()


@pytest.mark.parametrize(
    "encrypted",
    [
        "",
        "====",
        "not base64!",
        "AAAA",
        "你好",
        base64.b64encode(b"x" * 16).decode(),
        base64.b64encode(b"x" * 33).decode(),
        OFFICIAL_PUSH[:-2] + "A",
        seal(b"\x00" * 32),
        seal(b"\x21" * 64),
        seal(b"a" * 31 + b"\x02"),
        seal(padded(SOUND)[:-2] + b"\x01" + padded(SOUND)[-1:]),
        seal(b"\x20" * 32),
        seal(padded(b"r" * 16)),
        seal(padded(b"r" * 16 + b"\x00\x00")),
        seal(padded(b"r" * 16 + b"\xff\xff\xff\xff" + b"hello" + APP.encode())),
        seal(padded(b"r" * 16 + (100).to_bytes(4, "big") + b"hello" + APP.encode())),
    ],
)
def test_unsound_envelopes_are_refused(encrypted: str) -> None:
    with pytest.raises(CodecError):
        decrypt(encrypted, keys=(CURRENT, PREVIOUS), app_id=APP)


@given(st.binary(max_size=320))
def test_garbage_never_raises_anything_else(garbage: bytes) -> None:
    for encrypted in (
        base64.b64encode(garbage).decode(),
        seal(padded(garbage)),
        seal(b"\x01" * 32 + padded(garbage)),
    ):
        with pytest.raises(CodecError):
            decrypt(encrypted, keys=(CURRENT, PREVIOUS), app_id=APP)


def test_every_flipped_byte_of_the_last_blocks_is_noticed_or_changes_only_text() -> None:
    sealed = bytearray(base64.b64decode(encrypt(b"hello", key=CURRENT, app_id=APP)))
    for place, bit in itertools.product(range(len(sealed) - 16, len(sealed)), range(8)):
        changed = bytearray(sealed)
        changed[place] ^= 1 << bit
        with pytest.raises(CodecError):
            decrypt(base64.b64encode(changed).decode(), keys=(CURRENT,), app_id=APP)


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "A" * 42 + "!", "密" * 43, "A" * 42 + "="])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey"):
        decode_key(key)
