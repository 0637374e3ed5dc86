"""Coming in and going out: password, second factor, first password, own account."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

import segno
from aiohttp import web

from console.guard import COOKIE, IDLE, LONGEST
from console.visit import ROOT, UNPROCESSABLE, Page, Visit, url
from helpdesk.passwords import (
    MOST,
    fits,
    hash_password,
    new_totp_secret,
    totp_address,
    totp_step,
    weakness,
)
from helpdesk.secrets import digest, new_secret
from helpdesk.staff import Staff, StaffSession
from rendering.forms import Form

LOCK: Final = timedelta(minutes=15)
MOST_FAILURES: Final = 5
"""Wrong passwords or codes of one login before it is locked."""
MOST_FAILURES_FROM_ONE_ADDRESS: Final = 50
"""Behind one address may sit a whole hall, so this only stops machines."""
_BROWSER_LENGTH: Final = 160
_LOCKED: Final = "尝试次数过多，请 15 分钟后再试。"
_WRONG: Final = "登录名或密码不对。"


async def show_login(visit: Visit) -> web.StreamResponse:
    """`GET /console/login`."""
    if visit.session is not None and visit.session.stage == "full":
        visit.go("")
    return visit.page("login.html", form=Form.filled(back=visit.request.query.get("back", "")))


async def sign_in(visit: Visit) -> web.StreamResponse:
    """`POST /console/login`: the same answer, after the same time, for a wrong password and for nobody."""
    form = await visit.form()
    login, password = form.text("login", "登录名", most=64).lower(), form.value("password")
    if not password:
        form.problems["password"] = "请填写密码"
    if form.problems:
        return visit.page("login.html", status=UNPROCESSABLE, form=form)
    if await _locked(visit, login):
        form.problems[""] = _LOCKED
        return visit.page("login.html", status=429, form=form)
    person = await visit.deps.staff.by_login(login)
    known = person if person is not None and not person.disabled else None
    right = await asyncio.to_thread(fits, password, known.password if known else "")
    if known is None or not right:
        locked = await _count_failure(visit, login)
        await visit.note("door.refused", f"login:{login[:64]}")
        form.problems[""] = _LOCKED if locked else _WRONG
        return visit.page("login.html", status=429 if locked else UNPROCESSABLE, form=form)
    if not known.totp:
        await visit.deps.staff.forgive(_login_key(login))
    stage = "code" if known.totp else _stage_after_code(known)
    response = await _open_session(visit, known, stage, back=form.value("back"))
    await visit.note("door.sign_in", f"staff:{known.id}", by=known)
    return response


def _stage_after_code(person: Staff) -> str:
    return "password" if person.must_change else "full"


async def _open_session(visit: Visit, person: Staff, stage: str, *, back: str) -> web.Response:
    """A new session, whatever there was before: nobody can be given a session made by another."""
    token = new_secret()
    session = StaffSession(
        id=digest(token),
        staff_id=person.id,
        stage="code" if stage == "code" else "password" if stage == "password" else "full",
        created_at=visit.now,
        seen_at=visit.now,
        expires_at=visit.now + LONGEST,
        address=visit.address,
        browser=visit.request.headers.get("User-Agent", "")[:_BROWSER_LENGTH],
    )
    await visit.deps.staff.open_session(session)
    if visit.session is not None:
        await visit.deps.staff.end_session(visit.session.id, staff_id=visit.session.staff_id)
    target = url({"code": "/code", "password": "/password"}.get(stage, _safe_way_back(back)))
    response = web.Response(status=303, headers={"Location": target, "Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE,
        token,
        path=ROOT,
        httponly=True,
        samesite="Lax",
        secure=visit.deps.secure,
        max_age=int(LONGEST.total_seconds()),
    )
    return response


def _safe_way_back(back: str) -> str:
    """Only into the console: an address made by others must not lead elsewhere."""
    fine = back.startswith("/") and not back.startswith("//") and "\\" not in back and back.isprintable()
    return back if fine else ""


async def show_code(visit: Visit) -> web.StreamResponse:
    """`GET /console/code`: the second factor."""
    if visit.my_session.stage != "code":
        visit.go("")
    return visit.page("code.html", form=Form())


async def give_code(visit: Visit) -> web.StreamResponse:
    """`POST /console/code`."""
    if visit.my_session.stage != "code":
        visit.go("")
    form, person = await visit.form(), visit.me
    if await _locked(visit, person.login):
        form.problems["code"] = _LOCKED
        return visit.page("code.html", status=429, form=form)
    step = totp_step(person.totp, form.value("code"), visit.now)
    if step is None or not await visit.deps.staff.use_code(person.id, step):
        locked = await _count_failure(visit, person.login)
        await visit.note("door.refused", f"staff:{person.id}")
        form.problems["code"] = _LOCKED if locked else "动态码不对，或已经用过。请等下一个动态码。"
        return visit.page("code.html", status=429 if locked else UNPROCESSABLE, form=form)
    await visit.deps.staff.forgive(_login_key(person.login))
    return await _open_session(visit, person, _stage_after_code(person), back="")


async def show_password(visit: Visit) -> web.StreamResponse:
    """`GET /console/password`."""
    _past_code(visit)
    return visit.page("password.html", form=Form(), forced=visit.me.must_change)


async def change_password(visit: Visit) -> web.StreamResponse:
    """`POST /console/password`: all other sessions end, this one begins anew."""
    _past_code(visit)
    form, person = await visit.form(), visit.me
    old, new = form.value("password_old"), form.value("password")
    if await _locked(visit, person.login):
        form.problems["password_old"] = _LOCKED
    elif not await asyncio.to_thread(fits, old, person.password):
        locked = await _count_failure(visit, person.login)
        form.problems["password_old"] = _LOCKED if locked else "现在的密码不对"
    if found := weakness(new, person.login):
        form.problems["password"] = found
    elif new == old:
        form.problems["password"] = "新密码不能和现在的一样"
    elif new != form.value("password_again"):
        form.problems["password_again"] = "两次输入的新密码不一样"
    if not form.problems:
        hashed = await asyncio.to_thread(hash_password, new[:MOST])
        if await visit.deps.staff.save(replace(person, password=hashed, must_change=False)):
            await visit.deps.staff.end_sessions(person.id, but=visit.my_session.id)
            await visit.note("own.password", f"staff:{person.id}")
            return await _open_session(visit, person, "full", back="/me?done=password")
        form.problems[""] = "您的账号刚被管理员修改，请再试一次。"
    return visit.page(
        "password.html", status=UNPROCESSABLE, form=Form(problems=form.problems), forced=person.must_change
    )


def _past_code(visit: Visit) -> None:
    if visit.my_session.stage == "code":
        visit.go("/code")


async def sign_out(visit: Visit) -> web.StreamResponse:
    """`POST /console/logout`."""
    await visit.deps.staff.end_session(visit.my_session.id, staff_id=visit.me.id)
    await visit.note("door.sign_out", f"staff:{visit.me.id}")
    response = web.Response(status=303, headers={"Location": url("/login", done="signed_out")})
    response.del_cookie(COOKIE, path=ROOT)
    return response


async def show_me(visit: Visit) -> web.StreamResponse:
    """`GET /console/me`: the own account and where it is signed in."""
    sessions = await visit.deps.staff.sessions(visit.me.id)
    live = [each for each in sessions if each.expires_at > visit.now and each.seen_at + IDLE > visit.now]
    return visit.page("me.html", sessions=live)


async def end_session(visit: Visit) -> web.StreamResponse:
    """`POST /console/me/sessions/{id}/end`."""
    if await visit.deps.staff.end_session(visit.request.match_info["id"], staff_id=visit.me.id):
        await visit.note("own.session_end", f"staff:{visit.me.id}")
    return visit.go("/me", done="session_end")


async def show_totp(visit: Visit) -> web.StreamResponse:
    """`GET /console/me/totp`: a new secret to scan; it counts only when a code proves that it was scanned."""
    if visit.me.totp:
        return visit.page("totp.html", form=Form(), secret="", picture="")
    return _totp_page(visit, Form(), new_totp_secret())


def _totp_page(visit: Visit, form: Form, secret: str, *, status: int = 200) -> web.Response:
    address = totp_address(secret, login=visit.me.login, hall=visit.hall_name)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
    return visit.page("totp.html", status=status, form=form, secret=secret, picture=picture)


async def turn_totp_on(visit: Visit) -> web.StreamResponse:
    """`POST /console/me/totp`."""
    form, person = await visit.form(), visit.me
    secret = form.value("secret")
    if not (len(secret) == len(new_totp_secret()) and secret.isascii() and secret.isalnum()):
        raise web.HTTPBadRequest
    step = totp_step(secret, form.value("code"), visit.now)
    if step is None:
        form.problems["code"] = "动态码不对，请检查手机的时间，再输入新的动态码。"
        return _totp_page(visit, form, secret, status=UNPROCESSABLE)
    if not await visit.deps.staff.save(replace(person, totp=secret)):
        form.problems["code"] = "您的账号刚被管理员修改，请再试一次。"
        return _totp_page(visit, form, secret, status=UNPROCESSABLE)
    await visit.deps.staff.use_code(person.id, step)
    await visit.note("own.totp_on", f"staff:{person.id}")
    return visit.go("/me", done="totp_on")


async def turn_totp_off(visit: Visit) -> web.StreamResponse:
    """`POST /console/me/totp/off`: with the password, so that an open browser is not enough."""
    form, person = await visit.form(), visit.me
    if await _locked(visit, person.login):
        form.problems["password"] = _LOCKED
    elif not await asyncio.to_thread(fits, form.value("password"), person.password):
        await _count_failure(visit, person.login)
        form.problems["password"] = "密码不对"
    elif await visit.deps.staff.save(replace(person, totp="")):
        await visit.note("own.totp_off", f"staff:{person.id}")
        return visit.go("/me", done="totp_off")
    else:
        form.problems["password"] = "您的账号刚被管理员修改，请再试一次。"
    return visit.page(
        "totp.html", status=UNPROCESSABLE, form=Form(problems=form.problems), secret="", picture=""
    )


def _login_key(login: str) -> str:
    return f"login:{digest(login)}"


async def _locked(visit: Visit, login: str) -> bool:
    store = visit.deps.staff
    return (
        await store.failures(_login_key(login), visit.now) >= MOST_FAILURES
        or await store.failures(f"address:{visit.address}", visit.now) >= MOST_FAILURES_FROM_ONE_ADDRESS
    )


async def _count_failure(visit: Visit, login: str) -> bool:
    """Count it; whether the login is locked now."""
    until = visit.now + LOCK
    await visit.deps.staff.count_failure(f"address:{visit.address}", visit.now, until=until)
    return await visit.deps.staff.count_failure(_login_key(login), visit.now, until=until) >= MOST_FAILURES


PAGES: Final = (
    Page("GET", "/login", "anyone", show_login),
    Page("POST", "/login", "anyone", sign_in),
    Page("GET", "/code", "unfinished", show_code),
    Page("POST", "/code", "unfinished", give_code),
    Page("GET", "/password", "unfinished", show_password, "me"),
    Page("POST", "/password", "unfinished", change_password, "me"),
    Page("POST", "/logout", "unfinished", sign_out),
    Page("GET", "/me", "own", show_me, "me"),
    Page("POST", "/me/sessions/{id}/end", "own", end_session, "me"),
    Page("GET", "/me/totp", "own", show_totp, "me"),
    Page("POST", "/me/totp", "own", turn_totp_on, "me"),
    Page("POST", "/me/totp/off", "own", turn_totp_off, "me"),
)
