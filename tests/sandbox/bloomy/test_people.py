from typing import TYPE_CHECKING

import pytest

from asdk.sandbox.bloomy import BloomyServer

if TYPE_CHECKING:
    from tests.sandbox.bloomy.conftest import Speak

pytestmark = pytest.mark.anyio


async def test_a_user_his_reports_and_his_seats(speak: "Speak", server: BloomyServer) -> None:
    known = server.credentials
    _, me = await speak("GET", "users/mine")
    assert me == {"Id": known.ada.user_id, "Name": "Ada Lovelace", "ImageUrl": me["ImageUrl"]}
    assert await speak("GET", f"users/{known.ada.user_id}") == (200, me)
    _, reports = await speak("GET", f"users/{known.ada.user_id}/directreports")
    assert [report["Name"] for report in reports] == ["Ben Bitdiddle", "Open Seat"]
    _, seats = await speak("GET", f"users/{known.ada.user_id}/seats")
    assert seats[0] == {"Group": {"Position": {"Id": 1, "Name": "Visionary"}}}


async def test_searches_find_people_and_more(speak: "Speak", server: BloomyServer) -> None:
    _, found = await speak("GET", "search/user?term=BEN")
    assert [person["Id"] for person in found] == [server.credentials.ben.user_id]
    assert set(found[0]) == {"Id", "Name", "Description", "Email", "OrganizationId", "ImageUrl"}
    _, everything = await speak("GET", "search/all?term=%25")
    assert [(result["ResultType"], bool(result["Email"])) for result in everything] == [
        ("User", True),
        ("User", True),
        ("User", False),
        ("Team", False),
    ]


async def test_another_organisation_is_not_there(speak: "Speak", server: BloomyServer) -> None:
    known = server.credentials
    status, reply = await speak("GET", f"users/{known.other.user_id}")
    assert (status, reply["Message"]) == (404, f"User {known.other.user_id} was not found")
    assert (await speak("GET", f"L10/{known.meeting_id}", key=known.other.api_key))[0] == 404
    assert (await speak("GET", f"L10/{known.ada.user_id}/list", key=known.other.api_key))[0] == 404


async def test_an_id_is_a_number(speak: "Speak") -> None:
    status, reply = await speak("GET", "users/ada")
    assert (status, reply["Message"]) == (400, "The request is invalid: id is not a number: ada")
