"""Chinese names of what is done to the hall's own data, for the audit log and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HALL_ACTIONS: Final[Mapping[str, str]] = {
    "hall.change": "修改大厅资料",
    "hall.department_add": "新增部门",
    "hall.department": "修改部门",
    "hall.department_delete": "删除部门",
    "hall.words": "修改词语和俗称",
    "hall.sensitive": "修改敏感词",
    "hall.text": "修改话术",
    "hall.menu": "修改菜单",
}

HALL_FIELDS: Final[Mapping[str, str]] = {
    "hall_name": "大厅名称",
    "address": "地址",
    "phone": "电话",
    "hours": "上班时间",
    "sample": "示例数据",
    "notice": "公告",
    "answer_at": "直接回答的把握",
    "ask_at": "反问的把握",
    "department_name": "部门名称",
    "short_name": "简称",
    "department_aliases": "别的叫法",
    "duties": "办什么事",
    "window": "窗口",
    "representative": "首席代表",
    "words": "词语",
    "aliases": "俗称",
    "sensitive": "敏感词",
    "text": "话术",
    "menu": "菜单",
}

HALL_DONE: Final[Mapping[str, str]] = {
    "hall_saved": "已保存，一秒内生效。",
    "department_added": "部门已新增。",
    "department_saved": "部门已保存，一秒内生效。",
    "department_deleted": "部门已删除。",
    "text_saved": "话术已保存，一秒内生效。",
    "text_reset": "已用回内置的话术。",
    "menu_saved": "菜单已保存。请让运维人员推送到微信，推送后约五分钟生效。",
}
