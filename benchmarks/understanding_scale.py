"""Time and memory at 1,000, 10,000 and 100,000 phrasings, made by recombining a small hand-written stock."""

from __future__ import annotations

import gc
import random
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from threading import Thread

import numpy as np

from intents import words
from intents.decisions import Subject
from intents.matcher import Index

WHO = [
    "老人",
    "残疾人",
    "大学生",
    "退役军人",
    "农民",
    "个体户",
    "外地人",
    "孕妇",
    "小孩",
    "低保户",
    "企业",
    "失业人员",
    "居民",
    "村民",
    "教师",
    "司机",
    "牙医",
    "厨师",
    "保安",
    "会计",
]
WHAT = [
    "居住证",
    "身份证",
    "户口本",
    "社保卡",
    "医保卡",
    "驾驶证",
    "行驶证",
    "营业执照",
    "食品许可证",
    "烟草证",
    "不动产证",
    "结婚证",
    "离婚证",
    "出生证",
    "护照",
    "通行证",
    "残疾证",
    "老年卡",
    "公积金",
    "养老保险",
    "医疗保险",
    "失业金",
    "生育津贴",
    "工伤认定",
    "低保",
    "临时救助",
    "高龄津贴",
    "助学贷款",
    "耕地补贴",
    "农机补贴",
    "宅基地",
    "危房改造",
    "公租房",
    "学籍",
    "教师资格证",
    "健康证",
    "无犯罪证明",
    "采伐证",
    "取水证",
    "施工许可证",
    "消防验收",
    "排污许可证",
    "律师援助",
    "劳动仲裁",
    "机动车年检",
    "车牌",
    "新车上户",
    "二手车过户",
    "房屋过户",
    "水表",
    "电表",
    "燃气",
    "有线电视",
    "宽带",
    "垃圾清运",
    "路灯维修",
    "停车位",
    "公交卡",
    "殡葬补贴",
    "孤儿补助",
    "退伍安置",
    "创业贷款",
    "技能培训",
    "人才引进",
    "职称评定",
    "税务登记",
    "发票代开",
    "出口退税",
    "商标注册",
    "专利申请",
    "食堂备案",
    "幼儿园",
    "养老院",
    "民宿",
    "网吧",
    "药店",
    "诊所",
    "宠物医院",
    "广告牌",
    "快递点",
]
DO = [
    "办理",
    "补办",
    "注销",
    "变更",
    "延期",
    "查询",
    "年审",
    "迁移",
    "申请",
    "缴费",
    "报销",
    "预约",
    "转出",
    "冻结",
    "挂失",
    "激活",
    "领取",
    "退回",
    "备案",
    "公示",
]
ASK = (
    "{0}{2}{1}要带什么材料",
    "{0}{2}{1}多少钱",
    "{1}在哪里{2}，我是{0}",
    "{0}的{1}怎么{2}",
    "{0}{2}{1}要多久",
    "我是{0}，{1}能{2}吗",
    "{1}{2}不了怎么办，{0}",
    "请问{0}{2}{1}有什么条件",
    "{0}网上{2}{1}的流程",
    "{1}{2}找哪个部门，{0}来问",
)
PER_SUBJECT = 10
STRANGE = (
    "今天天气怎么样",
    "推荐一部电影",
    "股票什么时候涨",
    "附近哪家火锅好吃",
    "讲个笑话",
    "足球比赛几比几",
    "怎么学吉他",
    "手机黑屏了",
    "苹果多少钱一斤",
    "怎么减肥最快",
    "世界上最高的山",
    "英语四级怎么复习",
    "猫不吃东西怎么办",
    "去海边玩几天好",
    "红烧肉的做法",
    "你喜欢什么颜色",
    "电脑蓝屏怎么修",
    "孙悟空是谁",
    "明天会下雨吗",
    "最近有什么好看的剧",
)
SHORT_RECALL, SHORT_AUROC = 0.8, 0.95
"""What the short form must reach; the figures when this was written stand in docs/understanding.md."""


def stock(phrasings: int) -> Iterator[Subject]:
    """Yield subjects of ten phrasings each; the same number gives the same subjects."""
    dice = random.Random(11)  # noqa: S311 - the same dice each time
    triples = list(product(WHO, WHAT, DO))
    dice.shuffle(triples)
    for number, triple in zip(range(phrasings // PER_SUBJECT), triples, strict=False):
        texts = [ask.format(*triple) for ask in ASK]
        dice.shuffle(texts)
        yield Subject(str(number), texts[0], tuple(texts[1:]))


def questions(count: int) -> list[str]:
    """Return questions that are new combinations, some of them mistyped by a missing character."""
    dice = random.Random(12)  # noqa: S311 - the same dice each time
    made = []
    for number in range(count):
        text = f"{dice.choice(WHO)}想{dice.choice(DO)}{dice.choice(WHAT)}" + dice.choice(
            ["怎么弄", "要钱不", "去哪", "行吗"]
        )
        place = dice.randrange(len(text))
        made.append(text[:place] + text[place + 1 :] if number % 3 == 0 else text)
    return made


def dropped_particle(text: str, dice: random.Random) -> str:
    """Return a text without one of its characters, now and then."""
    place = dice.randrange(len(text))
    return text[:place] + text[place + 1 :] if dice.random() < 0.5 else text


def resident_mb() -> float:
    """Return this process's memory in use."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def longest_hold(work: Callable[[], object]) -> float:
    """Return the longest time, in ms, for which `work` in a thread kept this thread from running.

    Taken from the processor time of the worker between two ticks, so that other programs on the machine
    don't count: what is left is the interpreter's lock.
    """
    worker = Thread(target=work)
    worker.start()
    assert worker.ident is not None
    clock = time.pthread_getcpuclockid(worker.ident)
    last, longest = time.clock_gettime(clock), 0.0
    while worker.is_alive():
        time.sleep(0.001)
        try:
            now = time.clock_gettime(clock)
        except OSError:  # it has just ended
            break
        last, longest = now, max(longest, now - last)
    worker.join()
    return longest * 1000


def hostile(count: int = 50) -> list[str]:
    """Return long texts without sense, which nothing in the knowledge base shortens."""
    dice = random.Random(13)  # noqa: S311 - the same dice each time
    return ["".join(chr(dice.randrange(0x4E00, 0x9FA5)) for _ in range(160)) for _ in range(count)]


def decided(index: Index, texts: Iterable[str]) -> tuple[list[float], list[float]]:
    """Return the times of decisions in ms: by the clock, and of the processor alone."""
    spent, worked = [], []
    for text in texts:
        begun, begun_cpu = time.perf_counter(), time.thread_time()
        index.decide(text)
        worked.append((time.thread_time() - begun_cpu) * 1000)
        spent.append((time.perf_counter() - begun) * 1000)
    return spent, worked


def measure(phrasings: int, count: int = 1000) -> dict[str, float]:
    """Return build time, memory and decision times for one size."""
    subjects = list(stock(phrasings))
    Index.build(subjects[:2])
    gc.collect()
    before, begun = resident_mb(), time.perf_counter()
    index = Index.build(subjects)
    built = time.perf_counter() - begun
    gc.collect()
    used = resident_mb() - before
    spent, worked = decided(index, questions(count))
    _, strange = decided(index, hostile())
    edited = replace(subjects[0], alternates=(*subjects[0].alternates, "一个新的问法"))
    begun, begun_cpu = time.perf_counter(), time.thread_time()
    index.updated([edited])
    edit, edit_cpu = time.perf_counter() - begun, time.thread_time() - begun_cpu
    del index
    words.load()
    return {
        "edit_s": edit,
        "edit_cpu_s": edit_cpu,
        "held_ms": longest_hold(lambda: Index.build(subjects)),
        "hostile_cpu_ms": max(strange),
        "phrasings": sum(1 + len(subject.alternates) for subject in subjects),
        "build_s": built,
        "memory_mb": used,
        "median_ms": float(np.median(spent)),
        "p99_ms": float(np.quantile(spent, 0.99)),
        "median_cpu_ms": float(np.median(worked)),
        "p99_cpu_ms": float(np.quantile(worked, 0.99)),
    }
