"""An account as the platform knows it, and the documents it pushes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.platform import sealing

Mode = Literal["plain", "compatible", "safe"]
Form = Literal["xml", "json"]
Fields = Mapping[str, Any]
"""A pushed document: texts, whole numbers, nested fields, or lists of them."""


@dataclass(frozen=True, slots=True)
class FakeAccount:
    """What an operator copies from, and sets on, the platform's settings page."""

    channel: Literal["official", "mini"] = "official"
    mode: Mode = "safe"
    form: Form = "xml"
    token: str = "AAAAA"
    app_id: str = "wxba5fad812f8e6fb9"
    app_secret: str = "secret-of-the-tests"
    aes_key: str = "A" * 43
    original_id: str = "gh_97417a04a28d"

    @property
    def path(self) -> str:
        return f"/wechat/{self.channel}"


def xml(fields: Fields) -> str:
    """`<xml>` as the platform writes it: texts in CDATA, numbers bare."""
    return f"<xml>\n{_elements(fields)}</xml>"


def _elements(fields: Fields) -> str:
    written = []
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                inner = "\n" + _elements(each)
            elif isinstance(each, int):
                inner = str(each)
            else:
                inner = "<![CDATA[" + "]]]]><![CDATA[>".join(str(each).split("]]>")) + "]]>"
            written.append(f"<{name}>{inner}</{name}>\n")
    return "".join(written)


def document(fields: Fields, form: Form) -> str:
    return xml(fields) if form == "xml" else json.dumps(fields, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One request of the platform before it is put on the wire; tests bend it with `dataclasses.replace`."""

    path: str
    query: dict[str, str]
    body: bytes
    content_type: str = "text/xml"


def verification(account: FakeAccount, *, timestamp: str, nonce: str, echostr: str) -> SignedRequest:
    """The GET that checks the address; its signature is the plain one in every mode."""
    signature = sealing.sign(account.token, timestamp, nonce)
    query = {"signature": signature, "echostr": echostr, "timestamp": timestamp, "nonce": nonce}
    return SignedRequest(account.path, query, b"")


def signed(account: FakeAccount, fields: Fields, *, timestamp: str, nonce: str) -> SignedRequest:
    """The POST of one message in the account's mode and form."""
    return signed_text(
        account, document(fields, account.form), fields=fields, timestamp=timestamp, nonce=nonce
    )


def signed_text(
    account: FakeAccount, text: str | bytes, *, timestamp: str, nonce: str, fields: Fields | None = None
) -> SignedRequest:
    """The same for any bytes, well-formed or not; `fields` are what compatible mode shows openly."""
    content = text.encode() if isinstance(text, str) else text
    if account.mode == "plain":
        return envelope(account, "", content, timestamp=timestamp, nonce=nonce)
    encrypted = sealing.encrypt(content, encoding_aes_key=account.aes_key, app_id=account.app_id)
    shown = {"ToUserName": account.original_id}
    if account.mode == "compatible":
        shown = dict(fields or {})
    body = document({**shown, "Encrypt": encrypted}, account.form).encode()
    return envelope(account, encrypted, body, timestamp=timestamp, nonce=nonce)


def envelope(
    account: FakeAccount, encrypted: str, body: bytes, *, timestamp: str, nonce: str
) -> SignedRequest:
    """Sign a body that is ready; `encrypted` is what `msg_signature` covers (empty: plain mode)."""
    query = {
        "signature": sealing.sign(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": "oOpenidOfTheAddress",
    }
    if encrypted:
        query["encrypt_type"] = "aes"
        query["msg_signature"] = sealing.sign(account.token, timestamp, nonce, encrypted)
    content_type = "text/xml" if account.form == "xml" else "application/json"
    return SignedRequest(account.path, query, body, content_type)
