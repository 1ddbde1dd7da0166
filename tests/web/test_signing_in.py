"""Signing in with a browser: who gets in, what the cookie is worth, when it is worth nothing any more."""

import re
from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie

import pyotp
import pytest
from werkzeug.test import TestResponse

from bas_service import clock, create_app
from bas_service.access import rules
from bas_service.config import Settings
from tests.builders import House
from tests.callers import PASSWORD, Browser, done

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def heading_of(response: TestResponse) -> str:
    """The page's first heading."""
    return re.findall(r"<h1[^>]*>(.*?)</h1>", response.get_data(as_text=True))[0]


def cookies_of(response: TestResponse) -> dict[str, str]:
    """What the answer makes the browser keep, with all it says about each."""
    return {
        name: re.sub(rf"{name}=[^;]*; ", "", header)
        for header in response.headers.getlist("Set-Cookie")
        for name in SimpleCookie(header)
    }


def test_a_supervisor_signs_in_and_is_sent_to_the_page_asked_for(house: House) -> None:
    supervisor, browser = house.a_supervisor(), house.a_browser()

    asked = browser.get("/team?order=load")
    answer = browser.sign_in(supervisor.email, next="/team?order=load")

    assert (asked.status_code, heading_of(asked)) == (401, "Sign in")
    assert 'name="next" value="/team?order=load"' in asked.get_data(as_text=True)
    assert (answer.status_code, answer.location) == (303, "/team?order=load")
    assert browser.get("/team").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://example.com/", "//example.com", "/team\\example.com", "/api/v1/me", "/team//\r\nx: y", ""]
)
def test_signing_in_sends_nobody_elsewhere(house: House, elsewhere: str) -> None:
    supervisor, browser = house.a_supervisor(), house.a_browser()

    assert browser.sign_in(supervisor.email, next=elsewhere).location == "/team"


def test_a_wrong_password_and_an_unknown_address_look_alike(house: House) -> None:
    supervisor, browser = house.a_supervisor(), house.a_browser()

    wrong = browser.sign_in(supervisor.email, "not the password")
    unknown = browser.sign_in("nobody@example.lv")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "The e-mail address or the password is not right." in wrong.get_data(as_text=True)
    said = [
        re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True).replace(email, ""))
        for answer, email in ((wrong, supervisor.email), (unknown, "nobody@example.lv"))
    ]
    assert said[0] == said[1]
    assert PASSWORD not in wrong.get_data(as_text=True)
    assert browser.get("/team").status_code == 401


def test_a_field_left_empty_is_named(house: House) -> None:
    answer = house.a_browser().sign_in("", "")

    assert answer.status_code == 422
    assert re.findall(r'class="wrong" id="(\w+)-wrong">(.*?)<', answer.get_data(as_text=True)) == [
        ("email", "This must be given."),
        ("password", "This must be given."),
    ]


def test_failures_make_a_browser_wait_longer_and_longer(house: House) -> None:
    supervisor, browser = house.a_supervisor(), house.a_browser()
    for _ in range(rules.FREE_FAILURES_OF_A_PAIR):
        browser.sign_in(supervisor.email, "not the password")

    answer = browser.sign_in(supervisor.email)

    assert (answer.status_code, int(answer.headers["Retry-After"]) >= 1) == (429, True)
    assert "Try again in" in answer.get_data(as_text=True)


def test_an_account_with_one_time_codes_needs_one(house: House) -> None:
    supervisor, browser = house.a_supervisor(), house.a_browser()
    secret = done(supervisor.post("me/one-time-codes", {"password": PASSWORD}))["secret"]
    codes = pyotp.TOTP(secret)
    assert supervisor.post("me/one-time-codes/confirm", {"code": codes.now()}).status_code == 204
    house.sql("UPDATE accounts SET code_period = NULL")

    without, wrong = browser.sign_in(supervisor.email), browser.sign_in(supervisor.email, code="000000")
    right = browser.sign_in(supervisor.email, code=codes.now())
    again = browser.sign_in(supervisor.email, code=codes.now())

    assert (without.status_code, "code of your authenticator app" in without.get_data(as_text=True)) == (401, True)
    assert (wrong.status_code, right.status_code) == (401, 303)
    assert again.status_code == 401


def test_a_role_that_must_use_codes_does_not_get_in_without(
    house: House, other_settings: Callable[..., Settings]
) -> None:
    supervisor, signed_in = house.a_supervisor(), house.a_supervisor()
    strict = create_app(other_settings(codes_mandatory_for=("supervisor",)))
    browser = Browser(strict)
    earlier = house.a_browser(signed_in)
    earlier.client.application = strict

    answer = browser.sign_in(supervisor.email)

    assert (answer.status_code, "one-time codes first" in answer.get_data(as_text=True)) == (403, True)
    assert earlier.get("/team").status_code == 403


@pytest.mark.parametrize("role", ["specialist", "coordinator", "administrator"])
def test_others_are_told_whose_page_it_is(house: House, role: str) -> None:
    supervisor = house.a_supervisor()
    person = {
        "specialist": lambda: house.a_specialist(supervisor),
        "coordinator": house.a_coordinator,
        "administrator": house.an_administrator,
    }[role]()
    browser, signed_in = house.a_browser(), house.a_browser(person)

    answer = browser.sign_in(person.email)

    assert (answer.status_code, "This page is for supervisors." in answer.get_data(as_text=True)) == (403, True)
    assert browser.get("/team").status_code == 401
    assert (signed_in.get("/team").status_code, heading_of(signed_in.get("/team"))) == (403, "Not allowed")


def test_the_cookie_holds_a_chance_token_of_which_the_database_knows_a_hash(house: House) -> None:
    supervisor, browser = house.a_supervisor(), house.a_browser()

    answer = browser.sign_in(supervisor.email)

    cookie = browser.client.get_cookie("bas-session")
    assert cookie is not None
    assert len(cookie.value) == 43
    said = re.sub(r"Expires=[^;]*; ", "", cookies_of(answer)["bas-session"])
    assert said == "Max-Age=43200; HttpOnly; Path=/; SameSite=Lax"
    (session,) = house.sql("SELECT * FROM device_sessions WHERE browser_digest IS NOT NULL")
    assert cookie.value not in str(session)


def test_over_https_the_cookies_are_bound_to_this_host_and_to_secure_pages(
    house: House, other_settings: Callable[..., Settings]
) -> None:
    supervisor = house.a_supervisor()
    app = create_app(other_settings(public_url="https://bas.example.lv"))
    client = app.test_client()
    secure = {"base_url": "https://bas.example.lv"}
    page = client.get("/sign-in", **secure)
    (token,) = re.findall(r'name="form_token" value="(\w+)"', page.get_data(as_text=True))
    form = {"email": supervisor.email, "password": PASSWORD, "form_token": token}
    answer = client.post("/sign-in", data=form, **secure)

    kept = cookies_of(page) | cookies_of(answer)
    assert set(kept) == {"__Host-bas-browser", "__Host-bas-session"}
    assert all("Secure" in said and "HttpOnly" in said and "SameSite=Lax" in said for said in kept.values())
    assert all("Path=/" in said and "Domain" not in said for said in kept.values())
    assert client.get("/team", **secure).status_code == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(house: House) -> None:
    supervisor = house.a_supervisor()
    browser = house.a_browser(supervisor)
    kept = browser.client.get_cookie("bas-session")

    answer = browser.send("/sign-out")

    assert (answer.status_code, answer.location, browser.client.get_cookie("bas-session")) == (303, "/sign-in", None)
    browser.client.set_cookie("bas-session", kept.value)
    assert browser.get("/team").status_code == 401


def test_a_browser_is_one_of_the_accounts_devices(house: House) -> None:
    supervisor, browser, other = house.a_supervisor(), house.a_browser(), house.a_browser()
    browser.send("/sign-in", {"email": supervisor.email, "password": PASSWORD}, User_Agent=FIREFOX)
    other.sign_in(supervisor.email)

    listed = done(supervisor.get("me/devices"))["items"]
    (firefox,) = [one for one in listed if one["name"] == "Firefox"]
    assert [one["platform"] for one in listed] == ["browser", "browser", "test"]
    assert supervisor.post(f"me/devices/{firefox['id']}/sign-out").status_code == 204

    assert (browser.get("/team").status_code, other.get("/team").status_code) == (401, 200)


def test_signing_in_again_in_the_same_browser_replaces_its_session(house: House) -> None:
    supervisor, browser = house.a_supervisor(), house.a_browser()
    browser.sign_in(supervisor.email)
    first = browser.client.get_cookie("bas-session").value
    browser.client.delete_cookie("bas-session")

    browser.sign_in(supervisor.email)

    assert browser.client.get_cookie("bas-session").value != first
    assert len(done(supervisor.get("me/devices"))["items"]) == 2
    browser.client.set_cookie("bas-session", first)
    assert browser.get("/team").status_code == 401


@pytest.mark.parametrize("ended", ["deactivated", "new password", "everywhere"])
def test_whatever_ends_an_accounts_sessions_ends_the_browsers_with_its_next_request(house: House, ended: str) -> None:
    supervisor = house.a_supervisor()
    browser = house.a_browser(supervisor)
    assert browser.get("/team").status_code == 200

    if ended == "deactivated":
        house.deactivate(supervisor)
    elif ended == "new password":
        supervisor.post("me/password", {"password": PASSWORD, "new_password": "four other random words"})
    else:
        supervisor.post("auth/sign-out-everywhere")

    assert browser.get("/team").status_code == 401


@pytest.mark.parametrize(("column", "most"), [("seen_at", rules.BROWSER_IDLE), ("signed_in_at", rules.BROWSER_KEPT)])
def test_a_session_ends_when_idle_and_after_a_working_day(house: House, column: str, most: timedelta) -> None:
    supervisor = house.a_supervisor()
    late, too_late = house.a_browser(supervisor), house.a_browser(supervisor)
    sessions = house.sql("SELECT id FROM device_sessions WHERE platform = 'browser' ORDER BY id")
    for session, off in zip(sessions, (-10, 10), strict=True):
        house.sql(
            f"UPDATE device_sessions SET {column} = now() - :most WHERE id = :id",
            most=most + timedelta(seconds=off),
            id=session["id"],
        )

    listed = [one["id"] for one in done(supervisor.get("me/devices"))["items"] if one["platform"] == "browser"]
    assert (late.get("/team").status_code, too_late.get("/team").status_code) == (200, 401)
    assert listed == [str(sessions[0]["id"])]


def test_being_used_keeps_a_session_from_being_idle(house: House) -> None:
    browser = house.a_browser(house.a_supervisor())
    house.sql("UPDATE device_sessions SET seen_at = now() - interval '50 minutes' WHERE seen_at IS NOT NULL")

    browser.get("/team")

    (session,) = house.sql("SELECT seen_at FROM device_sessions WHERE seen_at IS NOT NULL")
    assert clock.now() - session["seen_at"] < timedelta(minutes=1)


def test_the_api_takes_no_cookie_and_the_pages_take_no_token(house: House) -> None:
    supervisor = house.a_supervisor()
    browser = house.a_browser(supervisor)

    assert browser.get("/team").status_code == 200
    assert browser.get("/api/v1/me").status_code == 401
    assert browser.client.post("/api/v1/auth/sign-out", json={}).status_code == 401
    assert supervisor.send("GET", "/team").status_code == 401


def test_a_form_counts_only_with_the_token_of_this_sign_in(house: House) -> None:
    supervisor = house.a_supervisor()
    mine, others = house.a_browser(supervisor), house.a_browser(house.a_supervisor())

    for token in ({}, {"form_token": ""}, {"form_token": "ā" * 64}, {"form_token": others.form_token()}):
        answer = mine.client.post("/sign-out", data=token)
        assert (answer.status_code, heading_of(answer)) == (403, "Lapa jāielādē no jauna")
    assert mine.get("/team").status_code == 200
    assert mine.send("/sign-out").status_code == 303


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://example.com"},
        {"Origin": "http://localhost:81"},
    ],
)
def test_a_form_sent_from_another_site_does_not_count_even_with_the_token(
    house: House, elsewhere: dict[str, str]
) -> None:
    browser = house.a_browser(house.a_supervisor())

    assert browser.send("/sign-out", **elsewhere).status_code == 403
    assert browser.send("/sign-out", Origin="http://localhost").status_code == 303


def test_nobody_can_be_signed_in_by_another_sites_form(house: House) -> None:
    supervisor, victim = house.a_supervisor(), house.a_browser()
    form = {"email": supervisor.email, "password": PASSWORD}

    assert victim.client.post("/sign-in", data=form).status_code == 403
    assert (
        victim.client.post("/sign-in", data=form | {"form_token": house.a_browser().form_token()}).status_code == 403
    )
    assert victim.send("/sign-in", form).status_code == 303


def test_a_page_takes_forms_and_no_json(house: House) -> None:
    browser = house.a_browser(house.a_supervisor())

    answer = browser.client.post("/sign-out", json={"form_token": browser.form_token()})

    assert (answer.status_code, answer.mimetype) == (415, "text/html")


def test_every_page_lets_nothing_in_from_elsewhere_and_is_kept_by_nobody(house: House) -> None:
    browser = house.a_browser(house.a_supervisor())

    for page in (browser.get("/team"), browser.get("/sign-in"), house.a_browser().get("/team")):
        assert page.headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page.get_data(as_text=True))
        assert not re.findall(r"<style|style=|<script>|\son\w+=", page.get_data(as_text=True))


def test_stylesheet_and_script_are_kept_until_their_content_changes(
    house: House,
) -> None:
    browser = house.a_browser()
    paths = re.findall(r'"(/team/assets/[^"]+)"', browser.get("/sign-in").get_data(as_text=True))

    assert len(paths) == 3
    for path in paths:
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
        assert browser.get(re.sub(r"assets/\w+", "assets/0123", path)).status_code == 404
    assert browser.get(re.sub(r"[^/]+$", "htmx-LICENSE.txt", paths[0])).status_code == 404


def test_the_language_is_the_browsers_until_another_one_is_chosen(house: House) -> None:
    browser = house.a_browser()

    russian = browser.get("/sign-in", Accept_Language="ru")
    chosen = browser.get("/sign-in?language=lv", Accept_Language="ru")
    later = browser.get("/sign-in", Accept_Language="ru")
    nonsense = browser.get("/sign-in?language=xx", Accept_Language="ru")

    assert [heading_of(page) for page in (russian, chosen, later, nonsense)] == [
        "Войти",
        "Pierakstīties",
        "Pierakstīties",
        "Pierakstīties",
    ]
    assert '<html lang="lv">' in later.get_data(as_text=True)
