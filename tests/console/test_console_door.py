from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from bot.staffing import first_admin, reset_account
from console.app import PAGES
from console.visit import ROOT
from helpdesk.audit import KEEP_DAYS
from tests.console.conftest import PASSWORD, Browser, NewBrowser, hire, signed_in
from tests.running import Clock, Here

pytestmark = pytest.mark.slow


async def test_the_first_administrator_must_choose_a_password_and_then_is_in(
    here: Here, browser: Browser, clock: Clock
) -> None:
    password = await first_admin(here.stores.staff, "", clock.now)
    assert password is not None
    assert await first_admin(here.stores.staff, "", clock.now) is None
    seen = await browser.sign_in("admin", password)
    assert seen.path == "/console/password"
    assert "请先设置自己的密码" in seen.text
    assert (await browser.get("/staff")).path == "/console/password"
    seen = await browser.post("/password", password_old=password, password=PASSWORD, password_again=PASSWORD)
    assert seen.path == "/console/me?done=password"
    assert (await browser.get("/staff")).status == 200
    actions = [event.action for event in await here.stores.audit.read()]
    assert actions == ["own.password", "door.sign_in"]


@pytest.mark.parametrize(
    ("new", "again", "why"),
    [
        ("short1!", "short1!", "至少 10 位"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "至少两种"),
        ("1q2w3e4r5t", "1q2w3e4r5t", "太容易"),
        ("xiaowang-2026", "xiaowang-2026", "不要包含登录名"),
        (PASSWORD, PASSWORD, "不能和现在的一样"),
        ("ting-hao-de-2026", "ting-hao-de-2027", "不一样"),
    ],
)
async def test_a_weak_new_password_is_refused_and_says_why(
    here: Here, new_browser: NewBrowser, new: str, again: str, why: str
) -> None:
    browser = await signed_in(here, new_browser, "xiaowang", "editor")
    seen = await browser.post("/password", password_old=PASSWORD, password=new, password_again=again)
    assert seen.status == 422
    assert why in seen.text
    assert new not in seen.text


async def test_wrong_passwords_and_unknown_logins_get_the_same_answer(here: Here, browser: Browser) -> None:
    await hire(here, "wang", "editor")
    await hire(here, "gone", "editor", disabled=True)
    answers = [
        await browser.sign_in("wang", "wrong"),
        await browser.sign_in("nobody", "wrong"),
        await browser.sign_in("gone"),
    ]
    pages = {re.sub(r'value="[^"]*"', "", each.text) for each in answers}
    assert len(pages) == 1
    assert {each.status for each in answers} == {422}
    assert "登录名或密码不对" in answers[0].text


async def test_five_wrong_passwords_lock_the_login_for_a_quarter_of_an_hour(
    here: Here, browser: Browser, clock: Clock
) -> None:
    await hire(here, "wang", "editor")
    statuses = [(await browser.sign_in("wang", f"wrong{number}")).status for number in range(5)]
    assert statuses == [422, 422, 422, 422, 429]
    seen = await browser.sign_in("WANG")
    assert seen.status == 429
    assert "15 分钟" in seen.text
    clock.advance(minutes=16)
    assert (await browser.sign_in("wang")).path == "/console"


async def test_an_unknown_login_is_locked_like_a_known_one(browser: Browser) -> None:
    statuses = [(await browser.sign_in("nobody", f"wrong{number}")).status for number in range(6)]
    assert statuses == [422, 422, 422, 422, 429, 429]


async def test_a_session_ends_by_itself(here: Here, new_browser: NewBrowser, clock: Clock) -> None:
    browser = await signed_in(here, new_browser, "wang", "editor")
    for _ in range(5):
        clock.advance(hours=1, minutes=50)
        assert (await browser.get("")).path == "/console"
    clock.advance(hours=2, minutes=1)
    assert (await browser.get("")).path.startswith("/console/login")


async def test_a_session_ends_after_twelve_hours_of_work(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    browser = await signed_in(here, new_browser, "wang", "editor")
    for _ in range(8):
        clock.advance(minutes=89)
        assert (await browser.get("")).path == "/console"
    clock.advance(minutes=9)
    assert (await browser.get("")).path.startswith("/console/login")


async def test_signing_out_ends_the_session_itself(here: Here, new_browser: NewBrowser) -> None:
    browser = await signed_in(here, new_browser, "wang", "editor")
    cookie = next(iter(browser.session.cookie_jar))
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/console"
    seen = await browser.post("/logout")
    assert "您已退出登录" in seen.text
    stolen = await new_browser()
    stolen.session.cookie_jar.update_cookies({cookie.key: cookie.value})
    assert (await stolen.get("/me")).path.startswith("/console/login")


async def test_other_browsers_can_be_seen_and_signed_out(here: Here, new_browser: NewBrowser) -> None:
    first = await signed_in(here, new_browser, "wang", "editor")
    second = await new_browser()
    await second.sign_in("wang")
    found = re.findall(r"/me/sessions/([0-9a-f]{64})/end", (await first.get("/me")).text)
    assert len(found) == 1
    await first.post(f"/me/sessions/{found[0]}/end")
    assert (await second.get("/me")).path.startswith("/console/login")
    assert (await first.get("/me")).status == 200


async def test_nobody_ends_the_session_of_somebody_else(here: Here, new_browser: NewBrowser) -> None:
    first = await signed_in(here, new_browser, "wang", "editor")
    other = await signed_in(here, new_browser, "li", "editor")
    (session,) = await here.stores.staff.sessions("id-wang")
    await other.post(f"/me/sessions/{session.id}/end")
    assert (await first.get("/me")).status == 200


async def test_a_changed_password_ends_all_other_sessions(here: Here, new_browser: NewBrowser) -> None:
    first = await signed_in(here, new_browser, "wang", "editor")
    second = await new_browser()
    await second.sign_in("wang")
    new = "ting-hao-de-2026"
    await first.post("/password", password_old=PASSWORD, password=new, password_again=new)
    assert (await first.get("/me")).status == 200
    assert (await second.get("/me")).path.startswith("/console/login")


async def test_the_second_factor(here: Here, new_browser: NewBrowser, clock: Clock) -> None:
    browser = await signed_in(here, new_browser, "wang", "editor")
    page = (await browser.get("/me/totp")).text
    found = re.search(r'name="secret" value="([A-Z2-7]+)"', page)
    assert found
    totp = pyotp.TOTP(found[1])
    assert (await browser.post("/me/totp", secret=found[1], code="000000")).status == 422
    seen = await browser.post("/me/totp", secret=found[1], code=totp.at(clock.now))
    assert "两步验证已开启" in seen.text

    second = await new_browser()
    assert (await second.sign_in("wang")).path == "/console/code"
    assert (await second.get("/me")).path == "/console/code"
    assert (await second.get("/password")).path == "/console/code"
    used = await second.post("/code", code=totp.at(clock.now))
    assert used.status == 422, "a code works once"
    clock.advance(seconds=31)
    assert (await second.post("/code", code=totp.at(clock.now))).path == "/console"

    assert (await browser.post("/me/totp/off", password="wrong")).status == 422
    assert "两步验证已关闭" in (await browser.post("/me/totp/off", password=PASSWORD)).text


async def test_codes_can_not_be_tried_out(here: Here, new_browser: NewBrowser) -> None:
    await hire(here, "wang", "editor", totp=pyotp.random_base32())
    browser = await new_browser()
    await browser.sign_in("wang")
    statuses = [(await browser.post("/code", code=f"00000{number}")).status for number in range(6)]
    assert statuses[-1] == 429
    again = await new_browser()
    assert (await again.sign_in("wang")).status == 429, "a right password does not open the way to more tries"


async def test_who_has_lost_everything_is_let_in_by_the_operator(here: Here, browser: Browser) -> None:
    await hire(here, "wang", "admin", totp=pyotp.random_base32(), disabled=True)
    password = await reset_account(here.stores.staff, "wang")
    assert password is not None
    assert (await browser.sign_in("wang", password)).path == "/console/password"
    assert await reset_account(here.stores.staff, "nobody") is None


async def test_a_disabled_account_is_out_at_once(here: Here, new_browser: NewBrowser) -> None:
    browser = await signed_in(here, new_browser, "wang", "editor")
    person = await here.stores.staff.get("id-wang")
    assert person is not None
    await here.stores.staff.save(replace(person, disabled=True))
    assert (await browser.get("/me")).path.startswith("/console/login")


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:1"]
)
async def test_signing_in_never_leads_elsewhere(here: Here, browser: Browser, back: str) -> None:
    await hire(here, "wang", "editor")
    seen = await browser.sign_in("wang", back=back)
    assert seen.path == "/console"


async def test_signing_in_leads_back_to_the_page_that_was_wanted(here: Here, browser: Browser) -> None:
    await hire(here, "wang", "admin")
    seen = await browser.get("/audit?login=wang")
    assert seen.path == "/console/login?back=/audit?login%3Dwang"
    assert 'value="/audit?login=wang"' in seen.text
    assert (await browser.sign_in("wang", back="/audit?login=wang")).path == "/console/audit?login=wang"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "HERE"},
    ],
)
async def test_a_form_of_somebody_else_changes_nothing(
    here: Here, new_browser: NewBrowser, headers: dict[str, str]
) -> None:
    browser = await signed_in(here, new_browser, "boss", "admin")
    told = {name: value.replace("HERE", here.url) for name, value in headers.items()}
    fields = {"login": "evil", "name": "x", "roles": "admin"}
    seen = await browser.ask("POST", "/staff/new", data=fields, headers=told)
    assert seen.status == 403
    assert await here.stores.staff.by_login("evil") is None


async def test_an_older_browser_is_known_by_the_origin_of_its_form(
    here: Here, new_browser: NewBrowser
) -> None:
    browser = await signed_in(here, new_browser, "boss", "admin")
    fields = {"login": "xin", "name": "小新", "roles": "reader"}
    seen = await browser.ask("POST", "/staff/new", data=fields, headers={"Origin": here.url})
    assert seen.status == 200
    assert await here.stores.staff.by_login("xin") is not None


async def test_every_page_is_closed_to_who_is_not_signed_in(browser: Browser) -> None:
    for page in PAGES:
        seen = await browser.ask(
            page.method,
            re.sub(r"\{[^}]+\}", "x", page.path),
            headers={"Sec-Fetch-Site": "same-origin"},
            allow_redirects=False,
        )
        if page.needs == "anyone":
            assert seen.status in {200, 422}, page
        else:
            assert seen.status == 303, page
            assert seen.headers["Location"].startswith("/console/login"), page


async def test_who_may_nothing_gets_nothing_but_the_own_account(here: Here, new_browser: NewBrowser) -> None:
    """Walk all routes of the application itself, not the table: a route beside the table would show."""
    browser = await signed_in(here, new_browser, "bare")
    routes = [route for route in here.parts.app.router.routes() if route.resource]
    console = [each for each in routes if each.resource and each.resource.canonical.startswith(ROOT)]
    assert len(console) > len(PAGES)
    allowed = {
        ("GET", ""),
        *((page.method, page.path) for page in PAGES if page.needs in {"anyone", "own", "unfinished"}),
    }
    for route in console:
        assert route.resource is not None
        path = route.resource.canonical.removeprefix(ROOT)
        if (route.method, path) in allowed or route.method == "HEAD" or path.startswith("/assets"):
            continue
        seen = await browser.ask(
            route.method, re.sub(r"\{[^}]+\}", "x", path), headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert seen.status == 403, (route.method, path)


async def test_pages_say_what_browsers_must_not_do(here: Here, new_browser: NewBrowser) -> None:
    browser = await signed_in(here, new_browser, "wang", "editor")
    for path in ("", "/me", "/nowhere", "/staff"):
        headers = (await browser.get(path)).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"


async def test_unknown_pages_are_answered_by_the_console(here: Here, new_browser: NewBrowser) -> None:
    browser = await signed_in(here, new_browser, "wang", "admin")
    assert (await browser.get("/nowhere")).status == 404
    assert "没有这个页面" in (await browser.get("/staff/nobody")).text
    seen = await browser.ask("PUT", "/staff", headers={"Sec-Fetch-Site": "same-origin"})
    assert seen.status == 405


async def test_the_audit_log_is_kept_for_a_year_and_can_not_be_changed_by_us(here: Here) -> None:
    names = {name for name in dir(here.stores.audit) if not name.startswith("_")}
    assert names == {"audit", "read", "write"}
    assert timedelta(days=KEEP_DAYS) >= timedelta(days=365)
