"""A small made-up hall for the tests of `intents`."""

from __future__ import annotations

from functools import lru_cache

from intents.decisions import Subject
from intents.evaluation import Query
from intents.matcher import Index

SUBJECTS = (
    Subject(
        "id-lost", "居民身份证丢了怎么补办", ("身份证掉了咋补", "补领身份证去哪里", "身份证不见了怎么办")
    ),
    Subject("id-renew", "身份证到期怎么换领", ("身份证快过期了", "换新身份证要多久")),
    Subject("id-fee", "补办身份证要多少钱", ("身份证补办收费吗", "补领身份证工本费")),
    Subject("medical-away", "异地就医怎么备案", ("在外地看病能报销吗", "外地住院医保备案")),
    Subject("medical-card", "医保卡丢了怎么挂失", ("医保卡不见了", "社保卡挂失电话")),
    Subject("pension", "城乡居民养老保险怎么缴费", ("农村养老保险在哪交", "养老保险每年交多少")),
    Subject("shop", "个体工商户营业执照怎么办理", ("开个小店办执照", "注册个体户要什么材料")),
    Subject("food", "食品经营许可证怎么申请", ("开饭店要办什么证", "小吃店许可证")),
    Subject("marriage", "结婚登记需要带什么材料", ("领结婚证带什么", "登记结婚要户口本吗")),
    Subject("birth", "新生儿怎么上户口", ("给宝宝落户", "孩子出生登记户口")),
    Subject("fund", "住房公积金怎么提取", ("公积金取出来买房", "租房能提公积金吗")),
    Subject("jobless", "失业金怎么申领", ("下岗了能领什么钱", "失业保险金领取条件")),
    Subject("farm", "耕地地力保护补贴什么时候发", ("种地补贴几月到账", "粮食补贴没收到")),
    Subject("house", "不动产登记怎么办理过户", ("房子过户", "二手房过户要多少税")),
    Subject(
        "grant",
        "高龄津贴发放办法",
        keywords=("老人", "补贴"),
        answer="本县户籍年满八十周岁的老人可以领取高龄津贴。八十至八十九周岁每月五十元。由本人或家属到村（社区）提出申请，"
        "带身份证、户口簿和本人银行卡。次月起按月发放到银行卡。",
    ),
)

_MATTERS = (
    ("id-lost", "身份证丢了", "身份证掉了补一个", "身份证遗失如何补领"),
    ("id-renew", "身份证过期", "身份证到期换证", "我的身份证快到期了要换"),
    ("medical-away", "异地看病备案", "外地就医医保怎么备案", "在省外住院怎么办备案"),
    ("pension", "居民养老保险交费", "农村养老保险怎么交", "养老保险一年交多少钱"),
    ("shop", "办个体户执照", "个体工商户怎么注册", "开小店的营业执照"),
    ("marriage", "结婚登记带什么", "领证要带什么材料", "办结婚证需要户口本吗"),
    ("birth", "小孩上户口", "新生儿落户口", "宝宝出生怎么上户口"),
    ("fund", "公积金提取", "怎么取公积金", "公积金租房提取"),
    ("jobless", "领失业金", "失业保险金怎么领", "下岗失业金申领"),
)
_STRANGE = (
    "今天天气怎么样",
    "推荐一部电影",
    "股票什么时候涨",
    "附近哪家火锅好吃",
    "讲个笑话",
    "足球比赛几比几",
    "怎么学吉他",
    "手机黑屏",
)

QUERIES = tuple(
    Query(f"{id_}-{place}", text, (id_,)) for id_, *texts in _MATTERS for place, text in enumerate(texts)
) + tuple(Query(f"strange-{place}", text) for place, text in enumerate(_STRANGE))


@lru_cache(maxsize=1)
def hall() -> Index:
    """Return the index of the made-up hall."""
    return Index.build(SUBJECTS)
