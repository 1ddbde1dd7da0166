"""Attacks on links: guessing, replaying, altering, keeping them; nothing is shown, nothing changes (D25, D29)."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bas_service import clock
from tests.builders import House
from tests.callers import Holder, at_once, done
from tests.links.family import Family
from tests.tables import statements_of
from tests.the_house.requests_by_schema import everything_in


@pytest.fixture
def family(house: House) -> Family:
    """The victims."""
    return a_family(house)


def a_family(house: House) -> Family:
    """A child, its mother, those who look after it."""
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    made = house.a_family(supervisor, specialist)
    return Family(house, supervisor, specialist, made["child"], made["representative"])


def as_seen(answer: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """All that whoever asks can tell answers apart by."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"X-Request-Id", "Date"}}
    return answer.status_code, answer.get_data(), headers


def asked(family: Family) -> Holder:
    """The mother, asked for a consent."""
    family.asked()
    return family.holder()


def seeing(family: Family) -> Holder:
    """The mother with a link to what is planned."""
    family.house.a_see_link(family.specialist, family.mother)
    return family.holder()


def test_whatever_is_wrong_with_a_link_looks_the_same_to_the_byte(family: Family) -> None:
    house = family.house
    answered = asked(family)
    answered.enter()
    answered.do("yes")
    withdrawn = asked(family)
    (request,) = [one for one in family.requests() if one["state"] == "sent"]
    done(family.specialist.act(f"consent-requests/{request['id']}/withdraw", request))
    expired = asked(family)
    house.sql("UPDATE links SET expires_at = now() WHERE spent_at IS NULL AND withdrawn_at IS NULL")
    locked = asked(family)
    for _ in range(5):
        locked.enter(factor="0")
    another = a_family(house)
    suspended = asked(another)
    why = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
    done(another.specialist.act(f"representatives/{another.mother['id']}/suspend", another.mother, why))
    third = a_family(house)
    closed = seeing(third)
    (case,) = house.sql("SELECT id, version FROM cases WHERE child_id = :id", id=third.child["id"])
    closing = {"reason": "goal_reached", "outcome": "Labs"}
    done(third.supervisor.act(f"cases/{case['id']}/close", case, closing))
    alive = seeing(a_family(house))
    made_up = ["x" * 22, "A1" * 11, "x", "x" * 3000, "%00", "ā" * 22, alive.path[3:-1], alive.path[3:] + "x"]
    paths = [one.path for one in (answered, withdrawn, expired, locked, suspended, closed)]
    paths += [f"/l/{token}" for token in made_up]
    house.sql("DELETE FROM sign_in_attempts")
    client = house.app.test_client()

    opened = [as_seen(client.get(path)) for path in paths]
    proven = [as_seen(client.post(path, data={"action": "open", "factor": "0000"})) for path in paths]
    headed = [as_seen(client.head(path)) for path in paths]

    assert alive.get().status_code == 200
    assert {status for status, _, _ in opened} == {404}
    assert len({str(one) for one in opened + proven}) == 1
    assert len({str(one) for one in headed}) == 1


def test_the_answer_for_a_dead_link_takes_the_same_statements_whatever_is_wrong_with_it(family: Family) -> None:
    holder = asked(family)
    holder.enter()
    holder.do("yes")
    counts = []
    for path in (holder.path, "/l/" + "x" * 22):
        for method in ("GET", "POST"):
            with statements_of(family.house.app) as statements:
                family.house.app.test_client().open(path, method=method, data={"action": "open", "factor": "0000"})
            counts.append((method, [re.sub(r"\s+", " ", one) for one in statements]))

    assert counts[0] == counts[2]
    assert counts[1] == counts[3]


def test_headers_keep_the_page_from_caches_lists_frames_and_others(family: Family) -> None:
    holder = asked(family)
    answers = [holder.get(), holder.enter(), holder.do("yes"), holder.get(), holder.send({"action": "open"})]

    for answer in answers:
        assert {
            name: answer.headers.get(name)
            for name in ("Referrer-Policy", "Cache-Control", "X-Robots-Tag", "X-Frame-Options", "Set-Cookie")
        } == {
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
            "X-Frame-Options": "DENY",
            "Set-Cookie": None,
        }
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        page = answer.get_data(as_text=True)
        assert "<script" not in page
        assert "style=" not in page
        assert not re.search(r"(?:src|href|action)=\"(?!\?|/l/assets/)", page)
        assert holder.path not in page


def test_five_wrong_tries_lock_the_link_for_good(family: Family) -> None:
    holder = asked(family)

    statuses = [holder.enter(factor=wrong).status_code for wrong in ("0000x", "1", "", "x" * 5000, "Anna")]

    assert statuses == [403, 403, 403, 403, 404]
    family.house.sql("DELETE FROM sign_in_attempts")
    assert [holder.enter().status_code, holder.get().status_code] == [404, 404]
    (link,) = family.house.sql("SELECT wrong_tries, locked_at IS NOT NULL AS locked, opened_at FROM links")
    assert link == {"wrong_tries": 5, "locked": True, "opened_at": None}


def test_right_ones_in_between_do_not_give_tries_back(family: Family) -> None:
    holder = seeing(family)

    statuses = [
        holder.enter(factor=one or holder.factor).status_code for one in ("x", "", "y", "z", "", "w", "q", "")
    ]

    assert statuses == [403, 200, 403, 403, 200, 403, 404, 404]


def test_many_wrong_tries_at_the_same_moment_are_all_counted(family: Family) -> None:
    holder = asked(family)
    holders = [Holder(holder.app, holder.path, family.mother) for _ in range(12)]

    answers = at_once(*(lambda one=one: one.enter(factor="wrong").status_code for one in holders))

    assert set(answers) <= {403, 404, 429}
    (link,) = family.house.sql("SELECT wrong_tries, locked_at IS NOT NULL AS locked FROM links")
    assert link == {"wrong_tries": 5, "locked": True}
    assert answers.count(403) == 4
    family.house.sql("DELETE FROM sign_in_attempts")
    assert holder.enter().status_code == 404


def test_whoever_guesses_links_is_made_to_wait(family: Family) -> None:
    client, counted = family.house.app.test_client(), "SELECT count(*) FROM sign_in_attempts"
    guesses = [client.post(f"/l/{number:022}", data={"action": "open", "factor": "1"}) for number in range(5)]
    assert [guess.status_code for guess in guesses] == [404] * 5
    assert family.house.sql(counted) == [{"count": 5}]
    holder = asked(family)
    assert holder.get().status_code == 200

    # As many more as would take a test too long.
    family.house.sql(
        "INSERT INTO sign_in_attempts (id, email_digest, address, failed_at)"
        " SELECT gen_random_uuid(), 'x', '127.0.0.1', now() FROM generate_series(1, 110)"
    )

    # Also for a link that works: from there nobody learns which one does.
    answers = [holder.get(), holder.enter(), client.get("/l/x"), client.post("/l/x", data={"action": "open"})]
    assert [answer.status_code for answer in answers] == [429] * 4
    assert [int(answer.headers["Retry-After"]) > 600 for answer in answers] == [True] * 4


def test_answering_twice_counts_once_also_at_the_same_moment(family: Family) -> None:
    holder = asked(family)
    holder.enter()
    copies = []
    for _ in range(6):
        copy = Holder(holder.app, holder.path, family.mother)
        copy.fields = dict(holder.fields)
        copies.append(copy)

    answers = at_once(
        *(lambda one=one, say=say: one.do(say) for one, say in zip(copies, ["yes", "no"] * 3, strict=True))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 5
    (request,) = family.requests()
    assert request["state"] in {"yes", "no"}
    assert len(family.consents()) == (1 if request["state"] == "yes" else 0)
    assert len(family.house.sql("SELECT id FROM consent_proofs")) == 1
    replayed = copies[0].send(holder.fields | {"action": "no", "language": "en"})
    assert replayed.status_code == 404


def test_withdrawing_twice_at_the_same_moment_is_once(family: Family) -> None:
    consent = family.a_consent_by_link()
    holder = seeing(family)
    holder.enter()
    holder.do("withdrawing", consent=consent["id"])
    form = holder.fields | {"action": "withdraw", "language": "en", "factor": holder.factor}
    copies = [Holder(holder.app, holder.path, family.mother) for _ in range(4)]

    answers = at_once(*(lambda one=one: one.send(form).status_code for one in copies))

    assert answers == [200] * 4
    acts = family.house.sql("SELECT act FROM consent_proofs ORDER BY at")
    assert [row["act"] for row in acts] == ["agreed", "withdrew"]


def unchanged(family: Family, call: Any) -> TestResponse:
    """What was answered to an attempt after which everything is as it was, but for a wrong try that was counted."""
    names = ("links",)
    before = {name: whole for name, whole in everything_in(family.house).items() if name not in names}
    answer = call()
    after = {name: whole for name, whole in everything_in(family.house).items() if name not in names}
    assert after == before
    return answer


def test_altered_forms_decide_nothing(family: Family) -> None:
    house = family.house
    holder = asked(family)
    page = holder.enter().get_data(as_text=True)
    assert "Anna" in page
    good = holder.fields | {"action": "yes", "language": "en"}
    until, _, signature = good["pass"].partition(".")
    later = f"{int(until) + 3600}.{signature}"
    wrong: dict[str, dict[str, str]] = {
        "no pass": good | {"pass": ""},
        "a pass prolonged": good | {"pass": later},
        "a pass of letters": good | {"pass": f"x.{signature}"},
        "a pass cut off": good | {"pass": good["pass"][:-1]},
        "no seal": good | {"seal": ""},
        "the pass for a seal": good | {"seal": signature},
        "another language than was shown": good | {"language": "ru"},
        "an unknown action": good | {"action": "maybe"},
        "two in one": good | {"action": "yes,no"},
        "no action": {name: value for name, value in good.items() if name != "action"},
        "an action of the other kind": good | {"action": "read"},
        "as if answered": good | {"action": "answered"},
    }

    statuses = {
        what: unchanged(family, lambda form=form: holder.send(form)).status_code for what, form in wrong.items()
    }

    assert statuses == dict.fromkeys(wrong, 403)
    assert holder.send(good).status_code == 200
    assert len(house.sql("SELECT id FROM consents")) == 1


def test_a_pass_is_good_for_a_quarter_of_an_hour(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = asked(family)
    holder.enter()
    form = holder.fields | {"action": "yes", "language": "en"}
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)

    over = holder.send(form)

    assert over.status_code == 403
    assert "open for too long" in over.get_data(as_text=True)
    assert family.consents() == []


def test_what_one_link_gave_is_of_no_use_with_another(family: Family) -> None:
    """Another person's, another child's, or one for another purpose."""
    house = family.house
    father = house.a_representative(family.specialist, family.child, name="Tētis Izdomāts")
    fathers = house.a_consent(family.specialist, father)
    mothers = asked(family)
    mothers.enter()
    other = a_family(house)
    others = seeing(other)
    others.enter()
    attempts = {
        "the form for another child's link": lambda: others.send(mothers.fields | {"action": "show"}),
        "an answer to a link that asks nothing": lambda: others.do("yes"),
        "the pass of another link": lambda: mothers.send(mothers.fields | others.fields | {"action": "yes"}),
    }
    statuses = {what: unchanged(family, attempt).status_code for what, attempt in attempts.items()}
    assert statuses == dict.fromkeys(attempts, 403)

    own = seeing(family)
    own.enter()
    seen = dict(own.fields)
    for consent_id in (fathers["id"], str(uuid.uuid4()), "x", ""):
        form = seen | {"action": "withdrawing", "consent": consent_id, "language": "en"}
        assert unchanged(family, lambda form=form: own.send(form)).status_code == 404
        form |= {"action": "withdraw", "factor": own.factor}
        assert unchanged(family, lambda form=form: own.send(form)).status_code == 404
    assert [one["withdrawn_at"] for one in family.consents()] == [None]


def test_withdrawing_needs_the_second_factor_once_more(family: Family) -> None:
    consent = family.a_consent_by_link()
    holder = seeing(family)
    holder.enter()
    holder.do("withdrawing", consent=consent["id"])
    kept = dict(holder.fields)

    refused = [holder.send(kept | {"action": "withdraw", "language": "en", "factor": one}) for one in ("", "0")]

    assert [answer.status_code for answer in refused] == [403, 403]
    assert [one["withdrawn_at"] for one in family.consents()] == [None]


def test_what_is_read_is_what_was_shown(family: Family) -> None:
    house = family.house
    own = house.a_meeting(family.specialist, family.child)
    other = a_family(house)
    theirs = house.a_meeting(other.specialist, other.child)
    holder = seeing(family)
    holder.enter()
    for shown in (f"{theirs['id']}:1", f"{own['id']}:7", "x", ""):
        form = holder.fields | {"action": "read", "shown": shown}
        assert (
            unchanged(family, lambda form=form: Holder(house.app, holder.path, family.mother).send(form)).status_code
            == 403
        )
    assert holder.do("read").status_code == 200
    assert len(house.sql("SELECT id FROM confirmations")) == 1


@pytest.mark.parametrize("ending", ["suspended", "closed", "withdrawn"])
def test_a_page_open_when_the_link_ends_decides_nothing(family: Family, ending: str) -> None:
    holder = asked(family)
    holder.enter()
    if ending == "suspended":
        why = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
        done(family.specialist.act(f"representatives/{family.mother['id']}/suspend", family.mother, why))
    elif ending == "closed":
        (case,) = family.house.sql("SELECT id, version FROM cases")
        closing = {"reason": "goal_reached", "outcome": "Labs"}
        done(family.supervisor.act(f"cases/{case['id']}/close", case, closing))
    else:
        (request,) = family.requests()
        done(family.specialist.act(f"consent-requests/{request['id']}/withdraw", request))

    assert holder.do("yes").status_code == 404
    assert family.house.sql("SELECT id FROM consents") == []


def test_a_suspension_at_the_very_moment_of_answering_wins_or_loses_whole(family: Family) -> None:
    holder = asked(family)
    holder.enter()
    suspend = "UPDATE representatives SET state = 'suspended'"
    with family.house.meanwhile(lambda: holder.do("yes")) as meanwhile:
        meanwhile.run("SELECT id FROM children FOR NO KEY UPDATE")
        meanwhile.run(suspend)

    assert meanwhile.answer.status_code == 404
    assert family.house.sql("SELECT id FROM consents") == []


def test_nothing_is_done_without_a_post(family: Family) -> None:
    holder = asked(family)
    holder.enter()
    form = holder.fields | {"action": "yes", "language": "en"}
    client = family.house.app.test_client()

    def everywhere() -> list[int]:
        sent = [client.open(holder.path, method=method, query_string=form) for method in ("GET", "HEAD", "OPTIONS")]
        refused = [client.open(holder.path, method=method, data=form) for method in ("PUT", "PATCH", "DELETE")]
        return [answer.status_code for answer in (*sent, *refused, client.post(holder.path, json=form))]

    answers = unchanged(family, everywhere)

    assert answers == [200, 200, 200, 405, 405, 405, 415]
    assert family.requests()[0]["state"] == "opened"


def test_hostile_fields_are_no_defect(family: Family) -> None:
    holder = asked(family)
    holder.enter()
    client = family.house.app.test_client()
    for name in ("action", "pass", "seal", "consent", "shown", "language", "factor"):
        for value in ("\0", "ā" * 10_000, "<script>", "'", "9" * 400, "\ud7ff", "../../etc"):
            family.house.sql("DELETE FROM sign_in_attempts")
            family.house.sql("UPDATE links SET wrong_tries = 0, locked_at = NULL")
            answer = client.post(holder.path, data=holder.fields | {"action": "withdraw", name: value})
            assert answer.status_code in {403, 404}, (name, value)
    raw = client.post(holder.path, data=b"action=\xff\xfe&pass=%ff", content_type="application/x-www-form-urlencoded")
    assert raw.status_code == 403
    huge = client.post(holder.path, data=b"a=" + b"x" * 2_000_000, content_type="application/x-www-form-urlencoded")
    assert huge.status_code == 413
