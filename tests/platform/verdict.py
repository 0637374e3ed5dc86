"""The strict reader of our answers: what makes WeChat say “该公众号暂时无法提供服务” is a finding.

Rules and limits: shared/WECHAT.md 1 and 2 (passive replies, text limit, news count, links, envelope).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree as ET

from tests.platform import sealing
from tests.platform.accounts import FakeAccount, Fields, SignedRequest
from tests.platform.wire import HttpAnswer

HARD_LIMIT_BYTES: Final = 2047
HOUSE_LIMIT_BYTES: Final = 2000
COMMON: Final = {"ToUserName", "FromUserName", "CreateTime", "MsgType"}
OWN: Final[dict[str, set[str]]] = {
    "text": {"Content"},
    "image": {"Image"},
    "news": {"ArticleCount", "Articles"},
    "transfer_customer_service": set(),
}
ARTICLE: Final = {"Title", "Description", "PicUrl", "Url"}
LINK: Final = re.compile(
    r'<a href="(?:https?://[!-~]+?|weixin://bizmsgmenu\?msgmenucontent=[!-%\'-~]+?&msgmenuid=[0-9]{1,9})">'
    r"[^<>\n]+</a>"
)
LINK_LIKE: Final = re.compile(r"<\s*/?\s*a", re.IGNORECASE)
DIGITS: Final = re.compile(r"[0-9]{10}")


class BrokenRuleError(AssertionError):
    """An answer that WeChat would not take, with every rule that it breaks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that WeChat takes. `silent`: `success` or nothing, the citizen sees no reply."""

    silent: bool
    document: Mapping[str, Any] = field(default_factory=dict)
    sealed: bool = False

    @property
    def text(self) -> str:
        """What the citizen reads, markup included; empty for anything but a text."""
        return str(self.document.get("Content", ""))


SILENT: Final = Answer(silent=True)


def judge(account: FakeAccount, request: SignedRequest, pushed: Fields, answer: HttpAnswer) -> Answer:
    """Read the answer to one push as strictly as the worst client would. Raises `BrokenRuleError`."""
    if answer.status != 200:
        raise BrokenRuleError(f"status {answer.status}: {answer.body[:200]!r}")
    if answer.body in {b"", b"success"}:
        return SILENT
    outer = _read(answer.body)
    sealed = "Encrypt" in outer
    if account.mode == "plain" and sealed:
        raise BrokenRuleError("sealed in plain mode")
    if account.mode == "safe" and not sealed:
        raise BrokenRuleError("not sealed in safe mode")
    document = _unseal(account, request, outer) if sealed else outer
    if findings := list(_findings(account, pushed, document)):
        raise BrokenRuleError("; ".join(findings))
    return Answer(silent=False, document=document, sealed=sealed)


def _unseal(account: FakeAccount, request: SignedRequest, outer: Mapping[str, Any]) -> Mapping[str, Any]:
    if set(outer) != {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}:
        raise BrokenRuleError(f"the envelope has {sorted(outer)}")
    encrypted, stamp, nonce = str(outer["Encrypt"]), str(outer["TimeStamp"]), str(outer["Nonce"])
    if nonce != request.query["nonce"]:
        raise BrokenRuleError("the nonce of the address is not echoed")
    if not DIGITS.fullmatch(stamp):
        raise BrokenRuleError(f"TimeStamp {stamp!r}")
    if outer["MsgSignature"] != sealing.sign(account.token, stamp, nonce, encrypted):
        raise BrokenRuleError("MsgSignature is wrong")
    try:
        message, app_id = sealing.decrypt(encrypted, encoding_aes_key=account.aes_key)
    except (sealing.UnsealError, ValueError) as error:
        raise BrokenRuleError(f"cannot be decrypted: {error}") from error
    if app_id != account.app_id:
        raise BrokenRuleError(f"sealed for {app_id!r}")
    return _read(message)


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenRuleError("not UTF-8") from error
    if text.startswith("{"):
        fields = json.loads(text)
        return fields if isinstance(fields, dict) else {}
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BrokenRuleError("a DTD")
    try:
        root = ET.fromstring(text)  # noqa: S314 - our own answer, and no DTD is in it
    except ET.ParseError as error:
        raise BrokenRuleError(f"no well-formed XML: {error}") from error
    if root.tag != "xml":
        raise BrokenRuleError(f"the root is {root.tag}")
    found = _values(root)
    if not isinstance(found, dict):
        raise BrokenRuleError("text beside the elements")
    return found


def _values(element: ET.Element) -> Any:
    """Nested fields; `item` as a list. Any other repeated name, and any attribute, is a broken rule."""
    if element.attrib:
        raise BrokenRuleError(f"attributes at {element.tag}")
    if len(element) == 0:
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        if child.tag == "item":
            found.setdefault("item", []).append(_values(child))
        elif child.tag in found:
            raise BrokenRuleError(f"{child.tag} twice")
        else:
            found[child.tag] = _values(child)
    return found


def _findings(account: FakeAccount, pushed: Fields, document: Mapping[str, Any]) -> Iterator[str]:
    kind = str(document.get("MsgType"))
    if kind not in OWN:
        yield f"MsgType {kind!r}"
        return
    optional = {"TransInfo"} if kind == "transfer_customer_service" else set()
    if (set(document) - optional) != COMMON | OWN[kind]:
        yield f"a {kind} with the fields {sorted(document)}"
        return
    yield from _address_findings(account, pushed, document)
    if kind == "text":
        yield from text_findings(str(document["Content"]))
    if kind == "image" and not (isinstance(document["Image"], dict) and document["Image"].get("MediaId")):
        yield "an image without MediaId"
    if kind == "news":
        yield from _news_findings(document, most=8 if pushed["MsgType"] == "event" else 1)


def _address_findings(account: FakeAccount, pushed: Fields, document: Mapping[str, Any]) -> Iterator[str]:
    transfer = document["MsgType"] == "transfer_customer_service"
    if account.channel == "mini" and not transfer:
        yield "a passive reply to the mini-program, which shows none"
    if transfer and pushed["MsgType"] == "event":
        yield "a transfer in answer to an event"
    if document["ToUserName"] != pushed["FromUserName"]:
        yield "not addressed to the citizen"
    if document["FromUserName"] != pushed["ToUserName"]:
        yield "not sent by the account"
    if not DIGITS.fullmatch(str(document["CreateTime"])):
        yield f"CreateTime {document['CreateTime']!r}"


def text_findings(text: str) -> Iterator[str]:
    """What is wrong with a text message, passive or sent through the API."""
    size = len(text.encode())
    if not text.strip():
        yield "an empty text"
    if size > HARD_LIMIT_BYTES:
        yield f"{size} bytes: WeChat takes {HARD_LIMIT_BYTES}"
    elif size > HOUSE_LIMIT_BYTES:
        yield f"{size} bytes: the house keeps to {HOUSE_LIMIT_BYTES}"
    if any(unicodedata.category(each) in {"Cc", "Cs"} and each not in "\n\t" for each in text):
        yield "control characters"
    if LINK_LIKE.search(LINK.sub("", text)):
        yield f"markup that is no allowed link: {text!r}"


def _news_findings(document: Mapping[str, Any], *, most: int) -> Iterator[str]:
    articles = document["Articles"]
    items = articles.get("item", []) if isinstance(articles, dict) else []
    if str(document.get("ArticleCount")) != str(len(items)):
        yield "ArticleCount is wrong"
    if not 1 <= len(items) <= most:
        yield f"{len(items)} articles where {most} can be shown"
    for item in items:
        if not isinstance(item, dict) or set(item) != ARTICLE or not item["Title"]:
            yield "an article with the wrong fields"
        elif any(
            item[name] and not str(item[name]).startswith(("https://", "http://"))
            for name in ("Url", "PicUrl")
        ):
            yield "an article with an address that is no web address"
