"""Tests of to-dos, rocks, issues and headlines: created, changed, closed."""

from typing import TYPE_CHECKING

import pytest

from asdk.sandbox.bloomy import BloomyServer

if TYPE_CHECKING:
    from tests.sandbox.bloomy.conftest import Speak

pytestmark = pytest.mark.anyio


async def test_a_to_do_of_a_person(speak: "Speak", server: BloomyServer) -> None:
    ada = server.credentials.ada.user_id
    _, todo = await speak("POST", "todo/create", {"title": "Write", "accountableUserId": ada})
    assert (todo["DueDate"], todo["OriginId"], todo["Complete"]) == ("2026-01-08T00:00:00Z", None, False)
    path = f"todo/{todo['Id']}"
    assert (await speak("PUT", path, {"title": "Rewrite", "dueDate": "2026-02-01"}))[0] == 204
    assert (await speak("POST", f"{path}/complete?status=true"))[0] == 204
    _, done = await speak("GET", path)
    assert (done["Name"], done["DueDate"], done["Complete"]) == ("Rewrite", "2026-02-01", True)
    assert (await speak("POST", f"{path}/complete?status=false"))[0] == 204
    assert (await speak("GET", path))[1]["CompleteTime"] == ""
    assert [entry["Id"] for entry in (await speak("GET", f"todo/user/{ada}"))[1]] == [todo["Id"]]
    assert (await speak("PUT", path, {"dueDate": "soon"}))[0] == 400


async def test_a_to_do_of_a_meeting_leaves_its_list_when_it_is_done(speak: "Speak", server: BloomyServer) -> None:
    known = server.credentials
    path = f"L10/{known.meeting_id}/todos"
    body = {"Title": "Review", "ForId": known.ben.user_id, "Notes": "all", "dueDate": "2026-01-03"}
    _, todo = await speak("POST", path, body)
    assert (todo["Origin"], todo["DueDate"]) == ("Leadership Weekly", "2026-01-03")
    await speak("POST", f"todo/{todo['Id']}/complete?status=true")
    assert (await speak("GET", path))[1] == []
    assert len((await speak("GET", f"{path}?INCLUDE_CLOSED=true"))[1]) == 1
    assert (await speak("POST", path, {"title": "Review", "forId": known.ben.user_id}))[0] == 400


async def test_a_rock_is_tracked_archived_and_restored(speak: "Speak", server: BloomyServer) -> None:
    known = server.credentials
    body = {"title": "Ship", "accountableUserId": known.ada.user_id}
    _, rock = await speak("POST", f"L10/{known.meeting_id}/rocks", body)
    assert rock.pop("Completion") == 1
    path = f"rocks/{rock['Id']}"
    assert await speak("GET", f"{path}?include_origin=true") == (200, rock)
    assert rock["Origins"] == [{"Id": known.meeting_id, "Name": "Leadership Weekly"}]
    change = {"completion": "Complete", "accountableUserId": known.ben.user_id}
    assert (await speak("PUT", path, change))[0] == 204
    assert (await speak("PUT", path, {}))[0] == 204
    _, changed = await speak("GET", path)
    assert (changed["Complete"], changed["Owner"]["Id"]) == (True, known.ben.user_id)
    assert (await speak("PUT", path, {"completion": "done"}))[0] == 400
    active, archived = f"rocks/user/{known.ben.user_id}", f"archivedrocks/user/{known.ben.user_id}"
    assert (await speak("PUT", f"{path}/archive"))[0] == 204
    assert [len((await speak("GET", listed))[1]) for listed in (active, archived)] == [0, 1]
    assert (await speak("PUT", f"{path}/restore"))[0] == 204
    assert [len((await speak("GET", listed))[1]) for listed in (active, archived)] == [1, 0]
    assert (await speak("DELETE", path))[0] == 204
    assert (await speak("GET", path))[0] == 404


async def test_an_issue_is_solved_and_reopened(speak: "Speak", server: BloomyServer) -> None:
    known = server.credentials
    body = {"title": "Slow", "meetingid": known.meeting_id, "ownerid": known.ada.user_id, "notes": "very"}
    _, issue = await speak("POST", "issues/create", body)
    path, listed = f"issues/{issue['Id']}", f"l10/{known.meeting_id}/issues"
    assert (await speak("PUT", path, {"title": "Slower"}))[0] == 204
    assert (await speak("POST", f"{path}/complete", {"complete": True}))[0] == 204
    _, solved = await speak("GET", path)
    assert (solved["Name"], solved["Archived"], solved["CloseTime"]) == ("Slower", True, "2026-01-01T00:00:00Z")
    assert (await speak("GET", listed))[1] == (await speak("GET", f"issues/users/{known.ada.user_id}"))[1] == []
    assert len((await speak("GET", f"{listed}?include_resolved=true"))[1]) == 1
    assert (await speak("POST", f"{path}/complete", {"complete": False}))[0] == 204
    assert len((await speak("GET", listed))[1]) == 1
    assert (await speak("POST", "issues/create", {**body, "meetingId": 1, "meetingid": None}))[0] == 400


async def test_a_headline_contains_its_meeting_on_request(speak: "Speak", server: BloomyServer) -> None:
    known = server.credentials
    _, made = await speak("POST", f"L10/{known.meeting_id}/headlines", {"title": "Won", "ownerId": known.ada.user_id})
    path = f"headline/{made['Id']}"
    assert (await speak("GET", path))[1]["Origin"] is None
    assert (await speak("GET", f"{path}?Include_Origin=true"))[1]["Origin"] == "Leadership Weekly"
    assert (await speak("PUT", path, {"title": "Won it"}))[0] == 204
    _, [listed] = await speak("GET", f"headline/users/{known.ada.user_id}")
    assert (listed["Name"], listed["DetailsUrl"]) == ("Won it", None)
    assert (await speak("GET", f"todo/{made['Id']}"))[0] == 404, "a headline is no to-do"
    assert (await speak("DELETE", path))[0] == 204
    assert (await speak("GET", f"L10/{known.meeting_id}/headlines"))[1] == []
