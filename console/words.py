"""Chinese names for what the console deals with; its sentences stand in the templates and in `DONE`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from console.hall_words import HALL_ACTIONS, HALL_DONE, HALL_FIELDS
from helpdesk.staff import Permission

PERMISSION_NAMES: Final[Mapping[Permission, str]] = {
    "entries.read": "查看问答",
    "entries.write": "编写问答",
    "entries.review": "审核问答",
    "entries.publish": "发布、撤下问答",
    "entries.import": "批量导入",
    "entries.export": "导出",
    "gaps.read": "查看待补问题",
    "gaps.settle": "处理待补问题",
    "hall.write": "维护大厅资料、词库和菜单",
    "desk.take": "接待市民",
    "desk.supervise": "督导接待",
    "cases.answer": "答复工单",
    "cases.dispatch": "转办、督办工单",
    "numbers.read": "查看统计",
    "staff.manage": "管理账号",
    "audit.read": "查看操作记录",
}

ACTION_NAMES: Final[Mapping[str, str]] = {
    "entry.create": "新建问答",
    "entry.edit": "修改问答",
    "entry.restore": "恢复旧版本",
    "entry.discard": "放弃修改",
    "entry.submit": "提交审核",
    "entry.recall": "撤回",
    "entry.request_changes": "退回修改",
    "entry.approve": "审核通过",
    "entry.schedule": "定时发布",
    "entry.unschedule": "取消定时",
    "entry.publish": "发布",
    "entry.withdraw": "撤下",
    "entry.confirm": "确认内容",
    "entry.review": "复核",
    "entry.invite": "请部门确认",
    "entry.confirmed_by_link": "部门用链接确认",
    "entry.import": "直接导入问答",
    "entry.import_drafts": "导入问答为草稿",
    "entry.export": "导出问答",
    "desk.take_over": "接手同事的会话",
    "desk.transfer": "转出会话",
    "desk.close": "结束会话",
    "desk.replies": "修改常用语",
    "gap.ignored": "不再提示待补的问题",
    "gap.taken": "处理待补的问题",
    "gap.back": "重新提示待补的问题",
    "door.sign_in": "登录",
    "door.refused": "登录失败",
    "door.sign_out": "退出登录",
    "own.password": "修改自己的密码",
    "own.totp_on": "开启两步验证",
    "own.totp_off": "关闭两步验证",
    "own.session_end": "结束自己的一个登录",
    "token.add": "新建接口令牌",
    "token.revoke": "撤销接口令牌",
    "staff.add": "新建账号",
    "staff.change": "修改账号",
    "staff.reset": "重置密码",
    "staff.totp_off": "替他人关闭两步验证",
    "staff.disable": "停用账号",
    "staff.enable": "启用账号",
    "staff.sessions_end": "结束他人的登录",
    **HALL_ACTIONS,
}

FIELD_NAMES: Final[Mapping[str, str]] = {
    "login": "登录名",
    "name": "姓名",
    "roles": "角色",
    "departments": "部门",
    "disabled": "停用",
    "token": "接口令牌",
    "token_name": "用途",
    "token_permissions": "权限",
    "questions": "问法",
    "added": "新增",
    "changed": "修改",
    "removed": "删除",
    "rows": "条数",
    **HALL_FIELDS,
}

_BROWSERS: Final[Mapping[str, str]] = {
    "MicroMessenger": "微信",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS: Final[Mapping[str, str]] = {
    "Windows": "Windows",
    "Android": "安卓手机",
    "iPhone": "苹果手机",
    "Mac OS": "苹果电脑",
    "Linux": "Linux",
}
"""By what stands in the user agent, the more telling first."""


def browser_name(agent: str) -> str:
    """What a browser is called, out of what it says of itself: `Chrome，Windows`."""
    known = (_BROWSERS, _SYSTEMS)
    found = [next((name for sign, name in each.items() if sign in agent), "") for each in known]
    return "，".join(name for name in found if name) or "其他浏览器"


DONE: Final[Mapping[str, str]] = {
    "desk_gone": "这个会话刚被同事接走，或者市民已经结束。",
    "desk_full": "您手上的会话已经满了，先结束一个再接。",
    "desk_empty": "现在没有等您接待的市民。",
    "desk_transferred": "已转出，市民已收到通知。",
    "desk_back": "已放回队列。",
    "desk_closed": "会话已结束，智能助手已接回，并请市民评价。",
    "desk_replies": "常用语已保存。",
    "gap_ignored": "以后不再提示这一组问题。",
    "gap_gone": "这一组问题刚被处理过，或者已经没有了。",
    "gap_back": "以后会重新提示。",
    "gap_alternates": "已加为相似问，提交审核、发布后生效。",
    "gap_draft": "已建好草稿，请补上答案。",
    "gap_not_now": "这条问答正在审核或待发布，请先处理完，再来加相似问。",
    "imported": "已导入，市民现在就能问到。",
    "imported_drafts": "已存为草稿，提交审核、发布后生效。",
    "entry_saved": "已保存。",
    "entry_submitted": "已提交审核，请另一位同事来看。",
    "entry_recalled": "已撤回，可以继续修改。",
    "entry_discarded": "这一稿已放弃。",
    "entry_sent_back": "已退回，写的人会看到您的说明。",
    "entry_approved": "审核通过，可以发布了。",
    "entry_confirmed": "已记下您的确认。",
    "entry_reviewed": "已记为复核过。",
    "entry_scheduled": "已定好发布时间。",
    "entry_unscheduled": "已取消定时，可以另选时间或马上发布。",
    "entry_published": "已发布，市民现在就能问到。",
    "entry_withdrawn": "已撤下，不再用它回答市民。",
    "signed_out": "您已退出登录。",
    "password": "密码已修改，其他设备上的登录已全部结束。",
    "totp_on": "两步验证已开启，下次登录时要输入动态码。",
    "totp_off": "两步验证已关闭。",
    "session_end": "那个登录已结束。",
    "token_revoked": "令牌已撤销，马上失效。",
    "sessions_end": "该账号的登录已全部结束。",
    "staff_added": "账号已建好。",
    "staff_changed": "账号已保存。",
    "staff_disabled": "账号已停用，已有的登录全部结束。",
    "staff_enabled": "账号已启用。",
    **HALL_DONE,
}
"""What a page says after something was done; the address carries only the key."""
