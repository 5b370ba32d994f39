from typing import TYPE_CHECKING, Any

import pytest

from asdk.sandbox.bloomy import BloomyServer

if TYPE_CHECKING:
    from tests.sandbox.bloomy.conftest import Speak

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("l10", ["L10", "l10"])
async def test_the_case_of_l10_does_not_matter(speak: "Speak", server: BloomyServer, l10: str) -> None:
    known = server.credentials
    _, meetings = await speak("GET", f"{l10}/{known.ada.user_id}/list")
    assert meetings == [
        {"Id": known.meeting_id, "Type": "L10", "Key": f"L10_{known.meeting_id}", "Name": "Leadership Weekly"}
    ]
    _, meeting = await speak("GET", f"{l10}/{known.meeting_id}")
    assert (meeting["Basics"], meeting["CreateTime"]) == ({"Name": "Leadership Weekly"}, "2026-01-01T00:00:00Z")


async def test_a_meeting_is_made_filled_and_removed(speak: "Speak", server: BloomyServer) -> None:
    known = server.credentials
    _, made = await speak("POST", "L10/create", {"title": "Retro", "addSelf": False})
    path = f"L10/{made['meetingId']}"
    assert await speak("GET", f"{path}/attendees") == (200, [])
    for _ in range(2):
        assert await speak("POST", f"{path}/attendees/{known.ben.user_id}") == (204, None)
    assert [person["Id"] for person in (await speak("GET", f"{path}/attendees"))[1]] == [known.ben.user_id]
    assert (await speak("POST", f"{path}/attendees/{known.other.user_id}"))[0] == 404
    server.settings.refused_attendees = frozenset({known.ada.user_id})
    assert (await speak("POST", f"{path}/attendees/{known.ada.user_id}"))[0] == 403
    assert (await speak("DELETE", path))[0] == 204
    assert (await speak("GET", path))[0] == 404


@pytest.mark.parametrize("body", [{}, {"title": " "}, {"title": 7}, {"title": "x", "addSelf": "yes"}])
async def test_a_wrong_body_is_a_400(speak: "Speak", body: Any) -> None:
    status, reply = await speak("POST", "L10/create", body)
    assert status == 400
    assert reply["Message"].startswith("The request is invalid: ")


async def test_measurables_may_lack_a_target(speak: "Speak", server: BloomyServer) -> None:
    path = f"L10/{server.credentials.meeting_id}/measurables"
    _, found = await speak("GET", path)
    assert [(entry["Name"], entry["Target"], entry["Direction"]) for entry in found] == [
        ("Releases ", 2.0, ">="),
        ("Open defects ", 10.0, "<="),
    ]
    server.settings.null_targets = True
    assert [entry["Target"] for entry in (await speak("GET", path))[1]] == [None, None]


async def test_scores_are_written_by_week(speak: "Speak", server: BloomyServer) -> None:
    known = server.credentials
    _, week = await speak("GET", "weeks/current")
    assert week == {
        "Id": week["Id"],
        "ForWeekNumber": 1,
        "LocalDate": {"Date": "2025-12-29"},
        "ForWeek": "2026-01-04",
    }
    _, before = await speak("GET", f"scorecard/user/{known.ada.user_id}")
    [last_year, score] = before["Scores"]
    assert (last_year["Week"], last_year["ForWeek"]) == ("2025-W52", 52)
    assert (score["Week"], score["ForWeek"], score["Measured"], score["DateEntered"]) == ("2026-W01", 1, None, None)
    path = f"measurables/{score['MeasurableId']}/week"
    assert (await speak("PUT", f"{path}/1", {"value": 0}))[0] == 204
    assert (await speak("PUT", f"{path}/2", {"value": 2.5}))[0] == 204
    _, after = await speak("GET", f"scorecard/meeting/{known.meeting_id}")
    assert [entry["Measured"] for entry in after["Scores"]] == [None, 0, 2.5, None, None]
    assert (await speak("PUT", f"{path}/54", {"value": 1}))[0] == 400
    assert (await speak("PUT", f"{path}/1", {"value": "1"}))[0] == 400
    assert (await speak("PUT", "measurables/999/week/1", {"value": 1}))[0] == 404
