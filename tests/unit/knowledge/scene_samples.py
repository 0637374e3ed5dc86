"""A small guide with every kind of question."""

from __future__ import annotations

from datetime import date

from knowledge.conditions import AllOf, AnyOf, Before, Contains, Equals, LessThan, Minimum, NoneOf, OneOf
from knowledge.guides import Guide, Material, Option, Question, Step, Variant

TODAY = date(2026, 11, 23)
SCENES = Guide(
    "shop",
    "开店",
    "market",
    "business",
    "开一家小店。",
    materials=(
        Material("申请书", "现场填写"),
        Material("租赁合同", when=Equals("house", "rent")),
        Material("健康证", "复印件", when=Contains("sells", "food")),
        Material("监护人同意书", when=LessThan("age", 18)),
        Material(
            "消防材料",
            when=AllOf((Minimum("area", 300), NoneOf((Equals("house", "online"),)))),
            note="窗口有样本",
        ),
    ),
    steps=("取号", Step("现场核查", AnyOf((Contains("sells", "food"), Contains("sells", "drink")))), "领照"),
    place="3 号窗口",
    hours="周一至周五",
    fee="{shop-fee}",
    promised_limit="当场",
    phone="12345",
    names=("开个店",),
    questions=(
        Question(
            "house",
            "店面从哪里来？",
            options=(
                Option("own", "自有房", ("自己的房子",)),
                Option("rent", "租房", ("租的",)),
                Option("online", "只在网上卖", ("网店",)),
            ),
        ),
        Question(
            "sells",
            "卖些什么？",
            "several",
            (Option("food", "吃的", ("食品",)), Option("drink", "喝的", ("饮料",)), Option("toys", "玩具")),
            none="都不卖",
        ),
        Question("age", "经营者多大？", "number", unit="周岁"),
        Question("area", "店面多大？", "number", unit="平方米", when=OneOf("house", ("own", "rent"))),
        Question("since", "什么时候开始经营的？", "date"),
        Question("first", "是第一次办吗？", "yes_no"),
    ),
    variants=(
        Variant(Before("since", date(2020, 1, 1)), fee="不收费"),
        Variant(Equals("first", "否"), place="5 号窗口"),
        Variant(LessThan("age", 16), verdict="未满 16 周岁不能办。", ends=True),
    ),
)
"""3 × 8 × 3 × (2 or none) × 2 × 2 ways, those under 16 ended early."""
