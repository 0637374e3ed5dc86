"""A hall, entries with hostile texts, and files made by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from hypothesis import strategies as st
from openpyxl import Workbook

from knowledge.entries import Audience, Basis, Entry, EntryState
from knowledge.files import GoldQuestion, Knowledge
from knowledge.guides import Guide
from knowledge.hall import Category, Department, Hall
from messages import Link

FULL = Entry(
    id="card-lost",
    question="社保卡丢了怎么补办？",
    answer="带身份证到 3 号窗口。\n当场补卡，不收费。",
    department="hrss",
    category="social",
    alternates=("社保卡不见了咋办", "医保卡丢了怎么补"),
    keywords=("社保卡", "补办"),
    links=(Link("网上补办", "https://hall.example/card"),),
    guide="card",
    audience="person",
    basis=(Basis("社会保障卡管理办法", "人社部发〔2011〕47号"),),
    valid_from=date(2026, 1, 1),
    valid_until=date(2027, 12, 31),
    review_on=date(2027, 6, 30),
    state="published",
    version=3,
    answer_at=0.8,
)
OTHER = Entry("marriage", "结婚登记要带什么？", "双方带身份证和户口本。", "mca", "life", state="published")
KNOWLEDGE = Knowledge(
    hall=Hall(
        name="测试县政务服务中心",
        address="测试路 1 号",
        phone="0100-12345",
        hours="周一至周五",
        departments=(
            Department("hrss", "测试县人社局", "人社局", ("社保局",)),
            Department("mca", "测试县民政局", "民政局"),
            Department("tax-1", "税务局"),
            Department("tax-2", "税务局"),
        ),
        categories=(Category("social", "社会保障"), Category("life", "婚姻家庭")),
    ),
    entries=(FULL, OTHER),
    guides=(Guide("card", "社保卡补办", "hrss", "social", "到窗口补办。"),),
    gold=(GoldQuestion("卡没了", ("card-lost",)),),
)
HEADERS = ("编号", "标准问", "答案", "部门", "分类")
NEW_ROW = ("new-one", "居住证怎么办？", "到派出所。", "民政局", "婚姻家庭")

SIGNS = "=+-@\t\r\n '\"|｜,;、\\[]{}_x0041\x00\x01\x0b\x7f\x85\u2028\ufeff\uffff😀好"
HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text(
        st.sampled_from(list("=+-@\t\r\n '\"|｜,;、\\[]{}_x0041\x00\x01\x0b\x7f\x85\u2028\ufeff\uffff😀好")),
        max_size=12,
    ),
    st.sampled_from(
        [
            "=1+1",
            "'=1",
            "''",
            '""',
            '"a"',
            "_x0041_",
            "_x005F_x0041_",
            "x005F_",
            "+86",
            "-",
            "@SUM(A1)",
            "\ufeff",
        ]
    ),
)
DAYS = st.none() | st.dates()
ENTRIES = st.builds(
    Entry,
    id=HOSTILE.filter(bool),
    question=HOSTILE.filter(bool),
    answer=HOSTILE.filter(bool),
    department=st.sampled_from(["hrss", "mca", "tax-1", "tax-2"]) | HOSTILE.filter(bool),
    category=st.sampled_from(["social", "life"]),
    alternates=st.lists(HOSTILE, max_size=3).map(tuple),
    keywords=st.lists(HOSTILE, max_size=3).map(tuple),
    links=st.lists(st.builds(Link, HOSTILE, HOSTILE), max_size=2).map(tuple),
    guide=st.sampled_from(["", "card"]) | HOSTILE,
    audience=st.sampled_from(get_args(Audience)),
    basis=st.lists(st.builds(Basis, HOSTILE, HOSTILE, HOSTILE), max_size=2).map(tuple),
    valid_from=DAYS,
    valid_until=DAYS,
    review_on=DAYS,
    state=st.sampled_from(get_args(EntryState)),
    version=st.integers(1, 10**17),
    person_only=st.booleans(),
    answer_at=st.none() | st.floats(0, 1),
)


def a_workbook(*rows: tuple[Any, ...], title: str = "条目") -> bytes:
    """An XLSX as openpyxl writes it: other than ours, so reading doesn't only fit our own writing."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_members(data: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The same zip with members added, replaced, or (None) left out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, content in changes.items():
            if content is not None:
                new.writestr(name, content)
    return stream.getvalue()


def member(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)
