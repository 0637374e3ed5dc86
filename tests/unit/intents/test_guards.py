from __future__ import annotations

import pytest

from intents.guards import danger, guard

DANGERS = {
    "fire": [
        "我家着火了",
        "隔壁起火了快来人",
        "厂里发生火灾",
        "山上冒浓烟",
        "着火",
        "厨房失火了怎么办",
        "村里有山火",
    ],
    "gas": ["煤气泄漏了", "家里有股煤气味", "燃气漏气怎么办", "煤气中毒", "闻到好大的天然气味"],
    "medical": [
        "我爸晕倒了",
        "救命",
        "老人没有呼吸了",
        "孩子掉进河里了",
        "喘不上气",
        "被蛇咬了",
        "羊水破了",
        "误食中毒了",
        "帮我叫救护车",
        "奶奶中风了",
    ],
    "self_harm": [
        "我不想活了",
        "想自杀",
        "活着没意思",
        "楼上有人要跳楼",
        "喝了农药",
        "我想死了算了",
        "孩子闹自杀",
    ],
    "traffic": ["出车祸了", "我被车撞了", "前面翻车了", "撞到人了怎么办", "有人肇事逃逸"],
    "violence": ["老公打我", "我被家暴", "他又打人了", "爸爸打我", "遭受家暴怎么办"],
    "crime": ["我要报警", "有人抢东西", "家里进贼了", "有人持刀", "有人打架快来", "被抢了", "有人跟踪我"],
    "fraud": ["我被骗了两万块", "遇到诈骗怎么办", "老人被骗钱了", "有人让我转账到安全账户", "刷单被骗"],
    "missing": ["孩子走丢了", "老人不见了", "奶奶走失了", "我儿子失联了"],
    "disaster": ["山体滑坡了", "房子塌了", "被困在水里，被水困住了", "困在电梯里了", "洪水进村了"],
}

ORDINARY = [
    "火灾保险怎么买",
    "消防许可证怎么办",
    "消防验收要什么材料",
    "报警电话是多少",
    "急救证培训在哪报名",
    "自杀式营销",
    "火灾事故认定书怎么申请",
    "防诈骗宣传什么时候",
    "家暴证明怎么开",
    "身份证被偷了怎么补办",
    "身份证丢了怎么办",
    "户口本找不到了",
    "交通事故认定书怎么拿",
    "食物中毒预防知识",
    "消防设施检查收费吗",
    "失踪人口注销户口政策规定",
    "车祸保险理赔流程",
    "反家庭暴力法规定",
    "山火险怎么赔",
    "燃气开户要多久",
    "天然气怎么缴费",
    "煤气罐年检",
    "液化气站经营许可证",
    "急救员证书补办",
    "救护车收费标准",
    "中风后遗症残疾评定标准",
    "心梗住院怎么报销",
    "医疗救助怎么申请",
    "工伤鉴定",
    "交通违章处理",
    "打架记录会影响政审吗单位要证明",
    "报警器材公司注册",
    "老人补贴怎么领",
    "跳舞场地申请",
    "无犯罪记录证明",
    "人身意外保险",
    "泥石流地质灾害评估资质",
    "防汛预案",
    "失业金怎么领",
    "危房改造申请",
    "防火门多少钱",
    "退役军人优待证",
    "救助站上班时间",
    "临时救助多少钱",
    "驾照被扣分",
    "养老保险断了怎么办",
    "电梯检验合格证",
    "电动车上牌",
    "孩子上户口",
    "给老人办卡",
    "怎么办理死亡证明",
    "火化证明",
    "爆竹零售许可证",
    "社保卡被锁了",
    "网站打不开怎么办",
]


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in DANGERS.items() for text in texts]
)
def test_danger_is_seen(kind: str, text: str) -> None:
    found = danger(text)
    assert found is not None
    assert found.kind == kind
    assert found.words


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_questions_raise_no_alarm(text: str) -> None:
    assert danger(text) is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("insult", "傻逼"),
        ("insult", "你这个垃圾机器人"),
        ("insult", "滚蛋"),
        ("insult", "脑残"),
        ("sexual", "哪里可以约炮"),
        ("illegal", "办假证"),
        ("illegal", "哪里能买毒品"),
        ("politics", "台独"),
        ("politics", "法轮功"),
    ],
)
def test_talk_that_the_hall_takes_no_part_in_is_seen(kind: str, text: str) -> None:
    found = guard(text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "垃圾分类怎么办",
        "智障人士补贴",
        "举报卖淫嫖娼",
        "去台湾的通行证",
        "滚动屏广告审批",
        "废物回收公司注册",
        "总理基金怎么申请",
        "神经病医院地址",
        "举报办假公章",
        "吸毒人员登记",
        "发票怎么开",
        "建筑垃圾清运许可",
        "精神残疾证",
    ],
)
def test_ordinary_words_are_not_mistaken(text: str) -> None:
    assert guard(text) is None


@pytest.mark.parametrize("text", ["", "😀", "\ud800", "火" * 10_000, "<a>", "' or 1=1"])
def test_hostile_texts_pass(text: str) -> None:
    assert danger(text) is None
    assert guard(text) is None
