"""Accounts of the staff: who is here, in which roles, for which departments."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from aiohttp import web

from console.visit import UNPROCESSABLE, Page, Visit
from helpdesk.passwords import first_password, hash_password
from helpdesk.staff import ROLE_NAMES, Role, Staff
from knowledge.hall import Department
from rendering.forms import Form

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_CHANGED_MEANWHILE: Final = "这个账号刚被别人修改过，下面是最新内容，请重新填写。"


def _departments(visit: Visit) -> Mapping[str, Department]:
    snapshot = visit.deps.snapshots.current
    return snapshot.departments if snapshot else {}


async def show_everyone(visit: Visit) -> web.StreamResponse:
    """`GET /console/staff`."""
    return visit.page(
        "staff.html",
        everyone=await visit.deps.staff.everyone(),
        departments=_departments(visit),
        role_names=ROLE_NAMES,
    )


async def show_new(visit: Visit) -> web.StreamResponse:
    """`GET /console/staff/new`."""
    return _edit_page(visit, Form(), None)


async def show_one(visit: Visit) -> web.StreamResponse:
    """`GET /console/staff/{id}`."""
    return await _one(visit, await _wanted(visit))


async def _one(visit: Visit, person: Staff, form: Form | None = None, **values: Any) -> web.Response:
    filled = form or Form.filled(
        login=person.login, name=person.name, roles=person.roles, departments=person.departments
    )
    sessions = await visit.deps.staff.sessions(person.id)
    return _edit_page(visit, filled, person, sessions=sessions, **values)


def _edit_page(
    visit: Visit, form: Form, person: Staff | None, *, status: int = 200, **values: Any
) -> web.Response:
    return visit.page(
        "staff_edit.html",
        status=status,
        form=form,
        person=person,
        departments_of=[(each.id, each.short_name or each.name) for each in _departments(visit).values()],
        role_names=ROLE_NAMES,
        **{"sessions": (), "password": "", **values},
    )


async def add(visit: Visit) -> web.StreamResponse:
    """`POST /console/staff/new`: the made-up password is shown once, on the page that answers."""
    form = await visit.form()
    person = _read(visit, form, Staff(secrets.token_hex(8), "", "", ()))
    login = form.text("login", "登录名", most=32).lower()
    if not form.problem("login") and not _LOGIN.fullmatch(login):
        form.problems["login"] = "登录名用 2 到 32 个小写字母、数字、点、横线，以字母或数字开头"
    if form.problems:
        return _edit_page(visit, form, None, status=UNPROCESSABLE)
    password = first_password()
    hashed = await asyncio.to_thread(hash_password, password)
    person = replace(person, login=login, password=hashed, created_at=visit.now)
    if not await visit.deps.staff.add(person):
        form.problems["login"] = "这个登录名已经有人用了"
        return _edit_page(visit, form, None, status=UNPROCESSABLE)
    await visit.note("staff.add", f"staff:{person.id}", after=told(person))
    return await _one(visit, person, password=password, fresh=True)


async def change(visit: Visit) -> web.StreamResponse:
    """`POST /console/staff/{id}`."""
    person = await _wanted(visit)
    form = await visit.form()
    changed = _read(visit, form, person)
    if person.id == visit.me.id and "admin" not in changed.roles:
        form.problems["roles"] = "不能取消自己的管理员角色，请让另一位管理员来改"
    if form.problems:
        return await _one(visit, person, form, status=UNPROCESSABLE)
    if not await visit.deps.staff.save(changed):
        return await _collision(visit, person.id)
    await visit.note("staff.change", f"staff:{person.id}", before=told(person), after=told(changed))
    return visit.go("/staff", done="staff_changed")


async def _collision(visit: Visit, staff_id: str) -> web.Response:
    newest = await visit.deps.staff.get(staff_id)
    if newest is None:
        raise web.HTTPNotFound
    form = Form.filled(
        login=newest.login, name=newest.name, roles=newest.roles, departments=newest.departments
    )
    form.problems[""] = _CHANGED_MEANWHILE
    return await _one(visit, newest, form, status=409)


def _read(visit: Visit, form: Form, person: Staff) -> Staff:
    name = form.text("name", "姓名", most=20)
    roles = form.choices("roles", "角色", ROLE_NAMES, needed=True)
    departments = form.choices("departments", "部门", {*_departments(visit), *person.departments})
    return replace(person, name=name, roles=cast("tuple[Role, ...]", roles), departments=departments)


async def reset_password(visit: Visit) -> web.StreamResponse:
    """`POST /console/staff/{id}/reset`: a new made-up password, shown once; all sessions end."""
    person = await _wanted(visit)
    password = first_password()
    hashed = await asyncio.to_thread(hash_password, password)
    changed = replace(person, password=hashed, must_change=True)
    if not await visit.deps.staff.save(changed):
        return await _collision(visit, person.id)
    await visit.deps.staff.end_sessions(person.id)
    await visit.note("staff.reset", f"staff:{person.id}")
    return await _one(visit, replace(changed, revision=changed.revision + 1), password=password)


async def switch(visit: Visit) -> web.StreamResponse:
    """`POST /console/staff/{id}/switch`: disable, or enable again."""
    person = await _wanted(visit)
    if person.id == visit.me.id:
        form = Form.filled(
            login=person.login, name=person.name, roles=person.roles, departments=person.departments
        )
        form.problems[""] = "不能停用自己的账号，请让另一位管理员来操作。"
        return await _one(visit, person, form, status=UNPROCESSABLE)
    changed = replace(person, disabled=not person.disabled)
    if not await visit.deps.staff.save(changed):
        return await _collision(visit, person.id)
    if changed.disabled:
        await visit.deps.staff.end_sessions(person.id)
    await visit.note(
        "staff.disable" if changed.disabled else "staff.enable",
        f"staff:{person.id}",
        before=told(person),
        after=told(changed),
    )
    return visit.go("/staff", done="staff_disabled" if changed.disabled else "staff_enabled")


async def turn_totp_off(visit: Visit) -> web.StreamResponse:
    """`POST /console/staff/{id}/totp`: for somebody who has lost the phone."""
    person = await _wanted(visit)
    if not await visit.deps.staff.save(replace(person, totp="")):
        return await _collision(visit, person.id)
    await visit.note("staff.totp_off", f"staff:{person.id}")
    return visit.go(f"/staff/{person.id}", done="totp_off")


async def end_sessions(visit: Visit) -> web.StreamResponse:
    """`POST /console/staff/{id}/sessions`."""
    person = await _wanted(visit)
    await visit.deps.staff.end_sessions(person.id, but=visit.my_session.id)
    await visit.note("staff.sessions_end", f"staff:{person.id}")
    return visit.go(f"/staff/{person.id}", done="sessions_end")


async def _wanted(visit: Visit) -> Staff:
    person = await visit.deps.staff.get(visit.request.match_info["id"])
    if person is None:
        raise web.HTTPNotFound
    return person


def told(person: Staff) -> dict[str, str]:
    """What the audit log keeps of an account: no hash, no secret."""
    return {
        "login": person.login,
        "name": person.name,
        "roles": "、".join(ROLE_NAMES[role] for role in person.roles),
        "departments": "、".join(person.departments) or "全部",
        "disabled": "是" if person.disabled else "否",
    }


PAGES: Final = (
    Page("GET", "/staff", "staff.manage", show_everyone, "staff"),
    Page("GET", "/staff/new", "staff.manage", show_new, "staff"),
    Page("POST", "/staff/new", "staff.manage", add, "staff"),
    Page("GET", "/staff/{id}", "staff.manage", show_one, "staff"),
    Page("POST", "/staff/{id}", "staff.manage", change, "staff"),
    Page("POST", "/staff/{id}/reset", "staff.manage", reset_password, "staff"),
    Page("POST", "/staff/{id}/switch", "staff.manage", switch, "staff"),
    Page("POST", "/staff/{id}/totp", "staff.manage", turn_totp_off, "staff"),
    Page("POST", "/staff/{id}/sessions", "staff.manage", end_sessions, "staff"),
)
