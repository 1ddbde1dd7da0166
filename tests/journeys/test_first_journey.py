"""The main job, as the API's clients live it."""

from tests.builders import House
from tests.callers import done


def test_a_planned_meeting_leaves_an_announcement_for_the_parent(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor, name="Ilze Bērziņa")
    family = house.a_family(supervisor, specialist)

    meeting = house.a_meeting(specialist, family["child"])

    assert meeting["state"] == "planned"
    assert meeting["announced_in_time"] is None
    assert meeting["warnings"] == []
    (announcement,) = meeting["announcements"]
    assert announcement["representative_id"] == family["representative"]["id"]
    assert (announcement["reason"], announcement["state"], announcement["channel"]) == (
        "planned",
        "queued",
        "sms",
    )
    assert "Anna" in announcement["text"]
    assert "Brivibas iela 1, Riga" in announcement["text"]
    assert "1 stunda 30" in announcement["text"]
    assert "Ilze" in announcement["text"]
    assert "+37120000100" in announcement["text"]
    print(announcement["text"], announcement["parts"])
    assert done(specialist.get(f"meetings/{meeting['id']}")) == meeting
    caseload = done(specialist.get("caseload"))
    assert caseload["load"] == 1
    assert caseload["cases"][0]["next_meeting"]["id"] == meeting["id"]
