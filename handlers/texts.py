"""Every sentence a citizen can read, in one place: plain, short, and saying who does what next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from handlers.sentences import Sentence, said
from helpdesk.routing import Queue, likely_minutes
from knowledge.entries import Entry
from knowledge.guide_scenes import Notice, Walk
from knowledge.guides import Guide, Material, Question
from knowledge.hall import Department, Hall

HUMAN: Final = "人工"
MORE: Final = "更多"
USEFUL: Final = "有用"
USELESS: Final = "没用"
CANCEL_HUMAN: Final = "取消人工"

WAS_IT_USEFUL: Final = "这个回答有帮助吗？"
NOTHING_TO_RATE: Final = "现在没有需要评价的回答。有事请直接问我。"
NO_MORE: Final = "没有更多内容了。有别的事请直接问我。"
WHICH_ONE: Final = "您要问的是下面哪一件？"
CHOOSE_FOOTER: Final = "请回复编号选择。都不是的话换个说法，或回复“人工”。"
NEAREST_HEADING: Final = "您看看是不是这几件："
FLOOD: Final = "您发得有点快，我来不及看。请过一分钟再发，急事请拨打大厅电话。"
NOT_STORED: Final = "系统正在恢复，刚才这条可能没有记下来。请过几分钟再发一次，急事请拨打大厅电话。"
STORED_FOR_LATER: Final = "您的消息已收到。系统有点忙，处理好马上答复您。"
TROUBLE: Final = "抱歉，我这边出了点问题，没能答复您。请稍后再问，或回复“人工”。"
PREPARING: Final = "大厅的问答还在准备中，请过一会儿再来。"

SENTENCES: Final[Mapping[str, Sentence]] = {
    each.key: each
    for each in (
        Sentence(
            "greeting",
            "欢迎语",
            "市民关注公众号，或者说“你好”",
            "您好，这里是{大厅名称}。\n办什么事、带什么材料、到哪个窗口，直接用一句话问我就行。",
        ),
        Sentence(
            "help",
            "帮助",
            "市民说“帮助”“菜单”，或者点“怎么提问”“地址和上班时间”",
            "我是{大厅名称}的智能助手，可以：\n1. 回答办事问题：直接用一句话问我\n2. 转工作人员：回复“人工”\n大厅时间：{上班时间}\n地址：{地址}\n电话：{电话}",
        ),
        Sentence(
            "examples",
            "提问示例",
            "跟在欢迎语和帮助后面，市民可以直接点",
            "社保卡丢了怎么补\n结婚登记需要什么材料\n个体户营业执照怎么办",
            lines=3,
        ),
        Sentence("welcome", "不客气", "市民说“谢谢”", "不客气。还有别的事，直接告诉我。"),
        Sentence("goodbye", "再见", "市民说“再见”", "再见，祝您办事顺利！有事随时找我。"),
        Sentence(
            "dont_know",
            "没听懂",
            "市民的问题在知识库里找不到",
            "这个问题我还答不上来，已记下来请工作人员补充。\n您可以换个说法再问一次，回复“人工”找工作人员，或拨打 {电话}。",
        ),
        Sentence(
            "dont_know_again",
            "又没听懂",
            "连续第二次找不到",
            "抱歉，又没答上来，不耽误您的时间。\n回复“人工”，我把您的问题转给工作人员；也可以直接拨打 {电话}。",
        ),
        Sentence(
            "say_more",
            "请说具体点",
            "市民只说了“怎么办”这样的话，看不出什么事",
            "请说得具体一点：要办什么事、什么证？",
        ),
        Sentence(
            "empty",
            "没有文字",
            "市民只发了表情或标点",
            "没看懂您发的内容。请用一句话说说要办的事，比如“社保卡丢了怎么补”。",
        ),
        Sentence(
            "handoff_opened",
            "已登记人工",
            "市民回复“人工”",
            "已为您登记人工服务（编号 {编号}）{排队}。\n工作人员在上班时间按先后顺序答复：{上班时间}。\n请把姓名以外的具体情况一次说清楚，不要发身份证号和银行卡号。\n急事请拨打 {电话}。等待时您也可以继续问我；不等了，回复“取消人工”。",
            {"编号": "A1B2C3", "排队": "，前面还有 2 位"},
            needs=("编号",),
        ),
        Sentence(
            "handoff_again",
            "已在排队",
            "市民在排队时又回复“人工”",
            "您已经登记了人工服务（编号 {编号}），不用重复排队。\n工作人员上班时间：{上班时间}。急事请拨打 {电话}。",
            {"编号": "A1B2C3"},
            needs=("编号",),
        ),
        Sentence(
            "handoff_cancelled", "已取消人工", "市民回复“取消人工”", "好的，已取消人工服务。有事请直接问我。"
        ),
        Sentence(
            "no_handoff",
            "没有在排队",
            "市民没有排队，却回复“取消人工”",
            "您现在没有在等人工服务。需要时回复“人工”。",
        ),
        Sentence(
            "person_only",
            "须人工答复",
            "问到只能由工作人员答复的事",
            "这件事要看具体情况，请{部门}直接答复您更稳妥。回复“人工”，我来转接。",
            {"部门": "县民政局"},
        ),
        Sentence("rated_useful", "评价有用", "市民点“有用”", "谢谢您的评价。还有别的事，直接告诉我。"),
        Sentence(
            "rated_useless", "评价没用", "市民点“没用”", "抱歉没帮上忙，这个问题我已记下，请业务部门改进。"
        ),
        Sentence(
            "rated_useless_again",
            "又评价没用",
            "连续第二次点“没用”",
            "又没帮上忙，实在抱歉。回复“人工”，我请工作人员来答复您。",
        ),
        Sentence(
            "sensitive",
            "不便讨论",
            "市民的话里有敏感词",
            "这个话题我不便讨论。政务服务方面的事，您可以直接问我。",
        ),
        Sentence(
            "insulted",
            "市民着急",
            "市民说了骂人的话",
            "让您着急了，抱歉。请说说要办的事；要找工作人员，回复“人工”。",
        ),
    )
}
"""What a hall may say in its own words. What concerns danger to life may not be changed: `DANGER`."""
EXAMPLES: Final = tuple(SENTENCES["examples"].text.splitlines())
"""Each must be answerable in the sample hall (a test says so)."""

NOT_TEXT: Final = {
    "image": "图片我还看不懂。请用文字说说您要办的事；要交材料，请按办事指南到窗口或网上提交。",
    "voice": "语音我还听不懂。请点键盘上的“语音输入”转成文字发给我，或回复“人工”。",
    "video": "视频我还看不懂。请用文字说说您要办的事，或回复“人工”。",
    "link": "网页链接我打不开。请用文字说说您要问的事。",
    "card": "这张卡片我打不开。请用文字说说您要问的事。",
}


def say(key: str, hall: Hall, **values: str) -> str:
    """One of `SENTENCES`, in the hall's own words where it has any."""
    return said(SENTENCES[key], hall, **values)


def examples(hall: Hall) -> tuple[str, ...]:
    """Questions that are offered after the greeting and the help."""
    return tuple(line.strip() for line in say("examples", hall).splitlines() if line.strip())


def sample_notice(hall: Hall) -> str:
    """Say that the hall is made up, wherever a citizen might take it for real."""
    return f"（{hall.notice or '本厅内容为示例数据，请勿作为办事依据。'}）" if hall.sample else ""


def greeting(hall: Hall) -> str:
    """Welcome a new follower."""
    return "\n".join(filter(None, (say("greeting", hall), sample_notice(hall))))


def help_text(hall: Hall) -> str:
    """Say what the assistant can do and how to reach a person."""
    return "\n".join(filter(None, (say("help", hall), sample_notice(hall))))


def location(hall: Hall) -> str:
    """Answer a sent position."""
    return f"收到您的位置。{hall.name}在{hall.address}，{hall.hours}，电话 {hall.phone}。"


def source_line(department: Department | None) -> str:
    """Name the department that owns the answer, and where to find it."""
    if department is None:
        return ""
    places = "，".join(filter(None, (department.window, department.phone)))
    return f"—— {department.name}" + (f"（{places}）" if places else "")


def department(found: Department) -> str:
    """Say where a department sits, what it does and how to reach it."""
    lines = [
        f"{found.name}：{found.duties}。" if found.duties else found.name,
        f"窗口：{found.window}" if found.window else "",
        f"电话：{found.phone}" if found.phone else "",
        f"首席代表：{found.representative}" if found.representative else "",
    ]
    return "\n".join(filter(None, lines))


def answer_text(entry: Entry, department: Department | None) -> str:
    """Say an entry's answer with the department that stands behind it."""
    until = entry.valid_until
    lines = [entry.answer.strip()]
    if until is not None:
        lines.append(f"（本答复有效期至 {until.year} 年 {until.month} 月 {until.day} 日）")
    source = source_line(department)
    return "\n".join([*lines, source] if source else lines)


ASK_PHONE: Final = "请把“回电”和手机号一起发给我，比如“回电 13800000000”。"
PHONE_WITHOUT_HANDOFF: Final = "要请工作人员回电，先回复“人工”登记。"


def phone_noted(phone: str) -> str:
    """Confirm the number for a call-back, so that a typing mistake is seen."""
    return f"好的，工作人员上班后打 {phone} 给您。号码不对的话，再发一次。"


def message_taken(hall: Hall, promised: str, reference: str) -> str:
    """Say outside working hours that the message is taken, by when it is answered, and offer a call."""
    when = f"预计{promised}前答复您" if promised else "工作人员上班后答复您"
    return (
        f"现在是下班时间，已为您登记人工服务（编号 {reference}），{when}。\n"
        f"上班时间：{hall.hours}。\n"
        "请把具体情况一次说清楚，不要发身份证号和银行卡号。想接电话，回复“回电”加手机号。\n"
        f"急事请拨打 {hall.phone}。等待时您也可以继续问我；不等了，回复“取消人工”。"
    )


CHAT_ENDED: Final = "好的，人工服务已结束，智能助手回来了，有事直接问我。"
THANKS_FOR_STARS: Final = "谢谢您的评价。还有别的事，直接告诉我。"
WHY_SO_FEW: Final = "谢谢您告诉我们。请用一句话说说哪里没做好，我记下来请负责人跟进。"
REASON_NOTED: Final = "已记下，负责人会看到。还需要工作人员，回复“人工”。"
KEPT_FOR_AGENT: Final = "已记下，工作人员接入后会看到这句话。"
PERSON_IS_HERE: Final = "工作人员正在为您服务，请直接说。想结束人工服务，回复“结束”。"


def handoff_opened(hall: Hall, queue: Queue, reference: str) -> str:
    """Say in working hours that the request is stored, how many wait, and what to do next."""
    minutes = likely_minutes(queue.waiting, queue.agents)
    ahead = f"，前面还有 {queue.waiting} 位" if queue.waiting > 0 else ""
    ahead += f"，大约要等 {minutes} 分钟" if minutes and queue.waiting >= queue.agents else ""
    return say("handoff_opened", hall, 编号=reference, 排队=ahead)


def handoff_again(hall: Hall, reference: str) -> str:
    """Say that the citizen is in the queue already."""
    return say("handoff_again", hall, 编号=reference)


def person_only(hall: Hall, department: Department | None) -> str:
    """Say that a person must answer this matter."""
    return say("person_only", hall, 部门=department.name if department else "工作人员")


NOTHING_TO_CHOOSE: Final = "现在没有可选的编号。请用一句话说说要办的事。"


def choose_again(count: int) -> str:
    """Ask for a number that was offered."""
    return (
        f"请回复 1 到 {count} 之间的编号，或者换个说法再问一次。"
        if count > 1
        else "请回复 1，或者换个说法再问一次。"
    )


def withdrawn() -> str:
    """Say that a chosen answer is not given any more."""
    return "这条答复已经更新或停用，请换个说法再问一次。"


def unknown_code(hall: Hall) -> str:
    """Answer a code that opens nothing (an old print, most likely)."""
    return f"这个二维码对应的内容已经调整。请直接说您要办的事，或拨打 {hall.phone}。"


def late_prefix(question: str) -> str:
    """Remind of the question an answer belongs to when it comes late."""
    short = question if len(question) <= QUOTED_CHARACTERS else question[: QUOTED_CHARACTERS - 1] + "…"
    return f"您刚才问“{short}”，答复如下："


QUOTED_CHARACTERS: Final = 30

DANGER: Final = {
    "fire": "如果着火了，请马上撤到安全的地方，拨打 119。\n有人受伤，拨打 120。说清地点、烧的是什么、有没有人被困。",
    "crime": "如果您或别人正有危险，请马上拨打 110。\n不方便说话，可以发短信到 12110，写清地点和情况。",
    "medical": "有人突发疾病或受伤，请马上拨打 120，说清地点和病人情况，守在病人身边等救护车。",
    "self_harm": (
        "听到您这么说，我很担心您。请先不要一个人待着，找信任的人陪陪您。\n"
        "全国心理援助热线 12356 有人听您说；情况紧急，请马上拨打 120 或 110。"
    ),
    "gas": "闻到燃气味，请马上关阀门、开窗，不要开关电器、不要点火，到室外再拨打燃气抢修电话或 119。",
    "traffic": "发生交通事故，请先打开双闪、撤到安全处。有人受伤拨打 120，报警拨打 122 或 110。",
    "violence": "正遭受家庭暴力或人身伤害，请马上拨打 110；妇女维权热线 12338，法律援助 12348。",
    "missing": "家人走失，请马上拨打 110，不用等 24 小时。说清姓名、年龄、衣着和最后出现的地方。",
    "disaster": "遇到灾害险情，请先撤到安全的地方，再拨打 119 或 110，说清地点和被困人数。",
    "fraud": "怀疑被骗，请马上停止转账，拨打 110 报警；反诈咨询拨打 96110。越早报警，钱越可能追回。",
}
DANGER_OTHER: Final = "情况紧急时，请马上拨打：报警 110、火警 119、急救 120、交通事故 122。"
DANGER_AFTER: Final = "我只是自动应答，不能替您报警。平安之后，办事的问题随时问我。"

OFFER: Final = "看我这种情况要带什么"
OFFER_LEAD: Final = "各人情况不同，材料也不同："
CONTINUE: Final = "继续"
BACK: Final = "返回"
RESTART: Final = "重新开始"
QUIT: Final = "退出"
FIRST_FOOTER: Final = "点一下或回复编号。随时可以回复“返回”“退出”“人工”。"
SEVERAL_FOOTER: Final = "可以选几样，比如回复“1 2”。"
NUMBER_HINT: Final = "请回复一个数字。"
DATE_HINT: Final = "请回复年月，比如“1966年5月”。"
NO_EARLIER_QUESTION: Final = "这已经是第一个问题了。"
GUIDE_LEFT: Final = "好的，先问到这里。想接着办，随时再来；有别的事直接问我。"
GUIDE_CHANGED: Final = "这份指南刚更新过，前面的回答不一定还对得上，麻烦您从头选一遍。"
GUIDE_GONE: Final = "这份指南已经停用，请直接说您要办的事。"
NOT_AN_ANSWER: Final = "没太明白您的意思，请再选一次。"
NOT_AN_ANSWER_AGAIN: Final = "还是没弄明白，抱歉。回复编号最省事；拿不准就回复“人工”，不想答了就回复“退出”。"
WRONG_ANSWER_LEAD: Final = "答错了？"


def guide_lead(guide: Guide) -> str:
    """Say why there are questions now."""
    return f"办“{guide.title}”，各人要带的材料不一样。问您几个小问题，马上给您列清单。"


def guide_question(walk: Walk, question: Question) -> str:
    """One question with its number; the hint where there is one."""
    return f"第 {len(walk.taken) + 1} 问：{question.text}" + (f"\n{question.hint}" if question.hint else "")


def guide_back_to(question: Question) -> str:
    """Come back to the question after another matter."""
    return f"接着刚才的：{question.text}"


def guide_asleep(guide: Guide, walk: Walk) -> str:
    """Remind of questions that were left some time ago."""
    return f"上次问到“{guide.title}”第 {len(walk.taken) + 1} 问，隔了一会儿了。要接着来吗？"


def guide_number_wrong(count: int) -> str:
    """Ask for one of the numbers."""
    return f"请回复 1 到 {count} 之间的编号。"


def notice_head(notice: Notice) -> str:
    """Title of the notice, and the case it is for."""
    case = [f"· {question}{answer}" for question, answer in notice.case]
    lines = ["【一次性告知单】", notice.title, *(("您的情况：", *case) if case else ()), notice.verdict]
    return "\n".join(filter(None, lines))


def notice_materials(notice: Notice) -> str:
    """What to bring, numbered."""
    if not notice.materials:
        return ""
    lines = (f"{number}. {material(each)}" for number, each in enumerate(notice.materials, start=1))
    return f"要带的材料（{len(notice.materials)} 样）：\n" + "\n".join(lines)


def material(each: Material) -> str:
    """One thing to bring, with its form and number."""
    how = each.form + (f" {each.copies} 份" if each.copies > 1 else "")
    return f"{each.name}（{how}）" + (f"，{each.note}" if each.note else "")


def notice_steps(notice: Notice) -> str:
    """What to do, in order."""
    lines = (f"{number}. {step}" for number, step in enumerate(notice.steps, start=1))
    return "怎么办：\n" + "\n".join(lines) if notice.steps else ""


def notice_facts(notice: Notice, department: Department | None) -> str:
    """Where, when, what it costs, how long it takes, whom to call."""
    phone = notice.phone or (department.phone if department else "")
    named = {
        "地点": notice.place,
        "时间": notice.hours,
        "收费": notice.fee,
        "承诺时限": notice.promised_limit,
        "法定时限": notice.legal_limit,
        "自助办理": "；".join(notice.machines),
        "咨询电话": phone,
    }
    return "\n".join(f"{name}：{value}" for name, value in named.items() if value)
