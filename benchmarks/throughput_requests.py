"""What citizens send in the throughput benchmark: a hall of 10,000 phrasings, and signed requests as a file.

Requests are made in advance, so that the load generator spends nothing on signatures. Each has its own
MsgId: a second delivery would be answered from the first one's turn. Times are those of the making, and the
platform's window is 300 s, so a file has to be used at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from benchmarks import understanding_scale as scale
from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.hall import Category, Department, Hall
from messages import Taps, Text
from wechat.account import Account
from wechat.push import message_fields, push

PATH: Final = "/wechat/official"
TOKEN: Final = "ThroughputToken"  # noqa: S105 - made up, for loopback
APP_ID: Final = "wx0123456789abcdef"
AES_KEY: Final = "throughput" * 4 + "abA"
PHRASINGS: Final = 10_000
CITIZENS: Final = 20_000
WORDINGS: Final = 3_000
"""Different wordings among the questions `as asked`; some are asked often, most rarely (Zipf)."""
SEPARATOR: Final = b"\0"
"""Between the requests of a file: it can stand in none of them."""
ANSWER: Final = "请携带本人有效身份证件原件到政务服务中心一楼综合窗口办理，材料齐全的当场受理。"
REPLY: Final = (Text(ANSWER), Taps("这个回答有帮助吗？", ("有用", "没用")))

Draw = Callable[[random.Random], str]


def hall() -> Knowledge:
    """A hall with 1,000 entries of ten phrasings each."""
    subjects = scale.stock(PHRASINGS)
    return Knowledge(
        hall=Hall(
            name="测试县政务服务中心",
            address="测试路 1 号",
            phone="0100-12345",
            hours="周一至周五 9:00—17:00",
            departments=(Department("all", "测试县综合窗口", window="1 号窗口"),),
            categories=(Category("all", "全部"),),
        ),
        entries=tuple(
            Entry(each.id, each.question, ANSWER, "all", "all", each.alternates, state="published")
            for each in subjects
        ),
    )


def as_asked(seed: int) -> Draw:
    """Questions as they come in a hall: few wordings often, most rarely, all of them known matters."""
    dice = random.Random(seed)  # noqa: S311 - the same dice each time
    known = [text for each in scale.stock(PHRASINGS) for text in (each.question, *each.alternates)]
    wordings = [scale.dropped_particle(text, dice) for text in dice.sample(known, WORDINGS)]
    weights = [1 / place for place in range(1, WORDINGS + 1)]
    return lambda dice: dice.choices(wordings, weights)[0]


def never_asked(seed: int) -> Draw:
    """Questions of which no two are alike: the worst case for understanding."""
    dice = random.Random(seed)  # noqa: S311 - the same dice each time
    combined = list(product(scale.WHO, scale.WHAT, scale.DO, ("怎么弄", "要钱不", "去哪", "行吗")))
    dice.shuffle(combined)
    left = iter(combined)

    def draw(_: random.Random) -> str:
        who, what, do, ask = next(left)
        return f"{who}想{do}{what}{ask}"

    return draw


def account(mode: str) -> Account:
    """The account of all servers of the benchmark."""
    return Account("official", TOKEN, APP_ID, "safe" if mode == "safe" else "plain", (AES_KEY,))


def write_requests(file: Path, mode: str, draw: Draw, *, count: int, first_id: int) -> None:
    """Write whole HTTP requests, signed now."""
    with file.open("wb") as opened:
        for request in _requests(mode, draw, count=count, first_id=first_id):
            opened.write(request + SEPARATOR)


def _requests(mode: str, draw: Draw, *, count: int, first_id: int) -> Iterator[bytes]:
    ours, dice, now = account(mode), random.Random(first_id), datetime.now(UTC)  # noqa: S311
    for number in range(first_id, first_id + count):
        fields = message_fields(
            "text",
            user=f"oThroughput{dice.randrange(CITIZENS):017}",
            account_id="gh_throughput",
            message_id=number,
            now=now,
            Content=draw(dice),
        )
        made = push(ours, fields, nonce=str(number), now=now)
        head = (
            f"POST {PATH}?{urlencode(made.query)} HTTP/1.1\r\n"
            "Host: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n"
            f"Content-Type: {made.content_type}\r\nContent-Length: {len(made.body)}\r\n\r\n"
        )
        yield head.encode() + made.body
