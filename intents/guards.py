"""What comes before matching: danger to life, and talk that a service hall takes no part in.

`danger` finds a situation that is happening now; asking about insurance, permits, training, certificates or
statistics of the same subject is an ordinary question. A miss costs more than a false alarm, because the
answer to an alarm (numbers to call) still lets the citizen go on; but an alarm on "消防验收怎么办" makes
the assistant look foolish. The sentences that answer stand in `handlers`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from intents.normalise import fold

DangerKind = Literal[
    "fire", "gas", "medical", "self_harm", "traffic", "violence", "crime", "fraud", "missing", "disaster"
]
GuardKind = Literal["politics", "insult", "sexual", "illegal", "own"]
"""`own`: a word that the hall itself has named."""
SHORTEST_OWN_WORD: Final = 2
"""Characters; a single one stands in too many ordinary questions."""


@dataclass(frozen=True, slots=True)
class Danger:
    """Someone may be in danger now."""

    kind: DangerKind
    words: str
    """What in the text shows it."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Talk that is answered with one fixed sentence."""

    kind: GuardKind
    words: str


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: DangerKind
    sure: re.Pattern[str]
    """Shows the danger whatever else is said (unless it is plainly about paper)."""
    likely: re.Pattern[str] | None = None
    """Shows it unless the sentence is about an office matter."""


_OFFICE = re.compile(
    r"保险|理赔|许可|验收|备案|审批|资质|资格|培训|演练|演习|讲座|报名|招聘|考试|考证|课程|宣传|知识|手册|预案|统计|数据|"
    r"标准|规范|条例|法规|法律|政策|制度|规定|证书|证明|认定书|营业执照|办证|公司|企业|单位|产品|器材|设备|设施|系统|软件|安装|"
    r"检查|检测|评估|补贴|补助|赔偿|赔付|救助金|抚恤|基金|项目|工程|学校|专业|志愿者|电话是多少|电话多少|号码是多少|"
    r"怎么预防|如何预防|预防措施|防范措施|怎么防范|如何防范|怎么防|如何防|什么意思|是什么|定义|多少钱|费用|收费|几点|上班|"
    r"鉴定|保障|待遇|职称|编制|电影|小说|游戏|歌|营销|式|纪念|展览|案例|新闻|开具|申领|报销|医保|定点|小组|办公室"
)
_PAPER = re.compile(
    r"保险怎么买|(?:险|保险)(?:多少钱|怎么买|赔)|培训|演练|演习|讲座|许可证|验收|宣传|营销|电影|小说|游戏|考试|证书|资质|备案"
)
_NEGATED = re.compile(
    r"没有?(?:着火|起火|受伤|被骗|失踪)|不是(?:火灾|着火|报警)|(?:如果|假如|万一|要是|预防|防止|避免)"
)


def _rule(kind: DangerKind, sure: str, likely: str = "") -> _Rule:
    return _Rule(kind, re.compile(sure), re.compile(likely) if likely else None)


_RULES = (
    _rule(
        "self_harm",
        r"不想活|想自杀|要自杀|想死了|想去死|去死算了|死了算了|死了一了百了|不如死|活不下去|活着没意思|活着没意义|活够了|"
        r"想跳楼|要跳楼|想跳河|要跳河|想轻生|要轻生|割腕|吞了?安眠药|喝了?农药|吃了?安眠药|结束(?:自己的?)?生命|"
        r"了结自己|有人(?:要|想)?(?:跳楼|自杀|跳河|轻生)|(?:他|她|孩子|老公|老婆|爸|妈|朋友|邻居).{0,4}(?:要|想|闹)(?:跳楼|自杀|轻生)",
        r"自杀|轻生|跳楼|寻短见|自残|自尽",
    ),
    _rule(
        "gas",
        r"(?:煤气|燃气|天然气|液化气|瓦斯).{0,4}(?:泄漏|泄露|漏了|漏气|味很大|味道很大)|(?:闻到|有股|好大|一股).{0,6}(?:煤气|燃气|天然气)|"
        r"(?:煤气|一氧化碳)中毒",
    ),
    _rule(
        "fire",
        r"着火了|失火了|起火了|烧起来|火烧起来|着大火|冒浓烟|火越来越大|(?:家|房子|楼|厂|仓库|车|山上|山林|厨房|店|这里|隔壁|对面|邻居).{0,3}(?:着火|起火|失火|冒烟)|"
        r"发生(?:了)?火灾|有火灾|被火困|救火|灭火啊",
        r"着火|起火|失火|火灾|火警|山火",
    ),
    _rule(
        "traffic",
        r"出(?:了)?车祸|发生(?:了)?车祸|被车撞|被撞了|撞(?:到|了|倒|伤)人|(?:车|摩托|电动车).{0,4}撞(?:了|上|到)|肇事逃逸|翻车|车(?:掉|冲)(?:进|到|下)",
        r"车祸|撞车|交通事故.{0,6}(?:受伤|死|报警|怎么办|现场)",
    ),
    _rule(
        "violence",
        r"(?:老公|丈夫|老婆|妻子|男朋友|女朋友|前夫|公公|婆婆|爸爸?|妈妈?|继父|家里人|家人|儿子|他|她).{0,5}(?:打我|打人|家暴|打孩子|往死里打|打老婆|虐待我)|"
        r"(?:遭到?|被|遭受|正在|一直)(?:老公|丈夫|他|她)?家暴|(?:家暴|虐待)(?:我|孩子|老人)",
        r"家暴|家庭暴力|虐待",
    ),
    _rule(
        "medical",
        r"晕倒了|昏迷|昏倒|晕过去|没(?:有)?呼吸|呼吸不了|喘不上气|喘不过气|心脏病(?:发作|犯)|心梗|脑溢血|中风了|大出血|血止不住|流(?:了)?(?:好多|很多|大量)血|"
        r"抽搐|休克|触电了|被电(?:到|了)|溺水|掉(?:进|到)(?:河|水|井|池)|噎(?:住|到)|卡住(?:喉咙|气管)|中毒了|食物中毒|被(?:毒)?蛇咬|要生了|羊水破|"
        r"快不行了|快死了|叫(?:个|一下)?救护车|要救护车|需要救护车|派救护车|打120|救命|摔(?:断|下来|伤)了|烫伤了|烧伤了",
        r"救护车|急救|抢救|中毒|摔伤|受重伤",
    ),
    _rule(
        "crime",
        r"我要报警|想报警|要报案|帮我报警|快报警|赶紧报警|有人(?:抢|偷|砍|持刀|拿刀|打架|跟踪|闯进|撬门|入室|绑架|打人|行凶|闹事)|被(?:抢|偷|盗|绑架|跟踪|强奸|性侵|猥亵|打|人打|捅|砍|非法拘禁|威胁|勒索)了?|"
        r"(?:遭|进|来|有|抓)(?:了)?(?:小偷|贼|抢劫|强盗)|(?:家里?|店里?|房子).{0,3}(?:被偷|被盗|进贼|遭贼)|杀人了|打起来了|砍人|持刀|抢劫了|强奸|绑架",
        r"报警|报案|抢劫|打架斗殴|命案",
    ),
    _rule(
        "fraud",
        r"被(?:人)?(?:骗|诈骗|电信诈骗|忽悠)(?:了|走|钱|去)?|骗(?:了|走)(?:我|钱|老人|爸|妈)|上当(?:受骗|了)|遇到(?:了)?(?:诈骗|骗子|电信诈骗)|"
        r"(?:接到|收到).{0,6}(?:诈骗|骗子).{0,3}(?:电话|短信)|(?:钱|存款|卡里的钱).{0,4}(?:被转走|被骗|转给骗子)|让我(?:转账|汇款)到?安全账户|安全账户|刷单被|裸聊|杀猪盘",
        r"诈骗|骗子|骗钱",
    ),
    _rule(
        "missing",
        r"(?:孩子|小孩|娃|老人|爸|妈|爷爷|奶奶|老伴|人|儿子|女儿)(?:走丢|丢了|走失|不见了|失踪|失联|找不到了)|被拐",
        r"走失|失踪|拐卖",
    ),
    _rule(
        "disaster",
        r"(?:发生|来|有)(?:了)?(?:山体滑坡|泥石流|地震|塌方|山洪)|(?:房子|楼|墙|桥|路)(?:塌|要塌|倒塌)了?|被(?:水|洪水|大水|埋|困).{0,2}(?:困|淹|住|了)|困在电梯|电梯(?:困|坠|卡住)|"
        r"(?:电线|电线杆).{0,4}(?:断|掉|倒).{0,2}(?:了|路|地)|洪水(?:来|进|淹)|水淹(?:进|到|了)",
        r"山体滑坡|泥石流|塌方|山洪",
    ),
)
_EXEMPT = re.compile(
    r"被(?:偷|盗)了?(?:怎么|如何)?(?:补办|补领|挂失)|(?:身份证|户口本|社保卡|医保卡|驾驶证|驾照|行驶证|执照|证件?|卡)(?:被偷|被盗|丢了|不见了|找不到了)|"
    r"被(?:打|骗)(?:折|包|散)|食物中毒.{0,4}(?:预防|许可|检查)|心梗.{0,6}(?:报销|门慢|慢病|门诊)|中风.{0,6}(?:报销|护理|康复|残疾)|"
    r"急救(?:证|员|包|知识|培训|箱)|打架(?:斗殴)?(?:记录|前科|怎么处罚|判)|山火险|火灾(?:险|保险|事故认定)|消防"
)


def danger(text: str) -> Danger | None:
    """Return the danger that a message tells of, or None for an ordinary question."""
    said = fold(text).replace(" ", "")
    if not said:
        return None
    exempt = bool(_EXEMPT.search(said))
    paper = bool(_PAPER.search(said))
    office = bool(_OFFICE.search(said)) or bool(_NEGATED.search(said))
    for rule in _RULES:
        found = rule.sure.search(said)
        if (
            found
            and not paper
            and not (exempt and rule.kind in {"crime", "missing", "medical", "fire", "fraud"})
        ):
            return Danger(rule.kind, found.group())
        found = rule.likely.search(said) if rule.likely else None
        if found and not (exempt or office or paper):
            return Danger(rule.kind, found.group())
    return None


_GUARDS: tuple[tuple[GuardKind, re.Pattern[str]], ...] = (
    (
        "insult",
        re.compile(
            r"傻[逼比叉屄]|煞笔|沙比|草泥马|操你|肏|日你(?:妈|娘|先人)|他妈的|你妈(?:的|逼|了个)|妈(?:的)?(?:逼|批)|王八蛋|狗(?:东西|日的|屁)|"
            r"滚(?:蛋|开|犊子)|去死吧|脑残|智障(?!人)|废物(?!回收|处理|处置|利用|再生)|垃圾(?:客服|机器人|东西|玩意|系统|平台|程序|小程序)|白痴|蠢(?:货|猪|蛋)|混蛋|贱(?:人|货)|不要脸|"
            r"神经病(?:啊|吧|$)|有病(?:吧|啊)$|^(?:sb|nmsl|cnm|tmd|mmp|fuck.*|shit)$"
        ),
    ),
    (
        "sexual",
        re.compile(
            r"约炮|一夜情|裸照|黄片|色情网站|做爱|(?<!举报)卖淫(?!嫖娼)|(?<!卖淫)嫖娼(?!.*(?:举报|罚|拘留))|援交|包小姐|找小姐"
        ),
    ),
    (
        "illegal",
        re.compile(
            r"(?:哪里|怎么|在哪|如何)(?:能|可以)?(?:买|搞|弄)(?:到)?(?:毒品|冰毒|枪|假证|假币|炸药)|办假证|代孕|开假发票|买假发票"
        ),
    ),
    (
        "politics",
        re.compile(
            r"(?:主席|总书记|总理|国家领导人?|中央领导).{0,8}(?:下台|独裁|腐败|怎么看|评价|坏|死)|反动|推翻(?:政府|政权|共产党)|"
            r"共产党.{0,6}(?:下台|独裁|坏|垮)|(?:台湾|西藏|新疆|香港)独立|台独|藏独|疆独|港独|法轮功|六四|天安门事件|民主革命|颜色革命"
        ),
    ),
)


def guard(text: str, own: tuple[str, ...] = ()) -> Guard | None:
    """Return what kind of talk a message is that the hall doesn't take part in, or None.

    `own` are the hall's words beside the built-in ones, as clerks wrote them.
    """
    said = own_word(text)
    for kind, pattern in _GUARDS:
        found = pattern.search(said)
        if found:
            return Guard(kind, found.group())
    for word in _folded(own):
        if word in said:
            return Guard("own", word)
    return None


def own_word(text: str) -> str:
    """Return a text as it is compared here: one spelling, no gaps."""
    return fold(text).replace(" ", "")


@lru_cache(maxsize=4)
def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a hall's words as they are compared; a word that is too short is left out."""
    folded = (own_word(word) for word in words)
    return tuple(word for word in folded if len(word) >= SHORTEST_OWN_WORD)
