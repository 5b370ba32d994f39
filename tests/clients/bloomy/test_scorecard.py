"""Tests of scores by week, and of the week number at the turn of the year."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from asdk import InvalidRequestError
from asdk.clients.bloomy import Bloomy
from asdk.sandbox.bloomy import BloomyServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.bloomy.conftest import MakeClient
    from tests.support.shared_clock import SharedClock

DAY = 24 * 3600.0


@pytest.fixture
def meeting(server: BloomyServer) -> int:
    return server.credentials.meeting_id


async def test_the_scorecard(client: Bloomy, server: BloomyServer, meeting: int) -> None:
    week = await client.scorecard.current_week()
    assert (week.week_number, week.week_start, week.week_end) == (1, "2025-12-29", "2026-01-04")
    assert await client.scorecard.list() == []
    [empty] = await client.scorecard.list(show_empty=True, week_offset=0)
    assert (empty.value, empty.week_id, empty.target, empty.updated_at) == (None, 1, 2.0, None)
    assert await client.scorecard.score(empty.measurable_id, 0)
    [scored] = await client.scorecard.list()
    assert (scored.value, scored.updated_at) == (0.0, datetime(2026, 1, 1, tzinfo=UTC))
    await client.scorecard.score(empty.measurable_id, 2.5, week_offset=1)
    later = await client.scorecard.get(empty.measurable_id, week_offset=1)
    assert later is not None
    assert (later.value, later.week) == (2.5, "2026-W02")
    assert await client.scorecard.get(999) is None
    everything = await client.scorecard.list(meeting_id=meeting, show_empty=True)
    assert {item.title for item in everything} == {"Releases", "Open defects"}


async def test_a_week_of_another_year_is_refused_and_nothing_entered(client: Bloomy, server: BloomyServer) -> None:
    with pytest.raises(InvalidRequestError, match="week_offset must stay within the current year, got -1 in week 1"):
        await client.scorecard.score(1, 5, week_offset=-1)
    assert server.counters.by_route == {"GET /api/v1/weeks/current": 1}


async def test_a_score_of_last_year_can_be_read(
    make_client: MakeClient, server: BloomyServer, shared_clock: SharedClock
) -> None:
    ada = make_client(api_key=server.credentials.ada.api_key, clock=shared_clock.client)
    [last_year] = await ada.scorecard.list(show_empty=True, week_offset=-1)
    assert (last_year.week, last_year.week_id) == ("2025-W52", 52)
    await ada.scorecard.score(last_year.measurable_id, 1)
    await shared_clock.advance(51 * 7 * DAY)
    assert (await ada.scorecard.current_week()).week_number == 52
    assert await ada.scorecard.list(show_empty=True, week_offset=0) == [], "a year ago it was 52 as well"
    [first] = await ada.scorecard.list(week_offset=-51)
    assert (first.week, first.value) == ("2026-W01", 1.0)
    assert await ada.scorecard.get(last_year.measurable_id, week_offset=-52) == last_year


def week(number: int, day: str) -> Reply:
    return Reply(json={"Id": 1, "ForWeekNumber": number, "LocalDate": {"Date": day}, "ForWeek": day})


async def entered(number: int, day: str, offset: int) -> str | None:
    """Return the path of the request that sets a score; None if the score was rejected."""
    transport = MemoryTransport([week(number, day), Reply(204)])
    client = Bloomy("key", transport=transport)
    try:
        await client.scorecard.score(7, 1, week_offset=offset)
    except InvalidRequestError:
        return None
    return transport.sent[1].url.partition("/api/v1")[2]


@pytest.mark.parametrize(
    ("number", "day", "offset", "path"),
    [
        (25, "2024-06-17T00:00:00", -1, "/measurables/7/week/24"),
        (25, "2024-06-16", 1, "/measurables/7/week/26"),  # weeks that begin on a Sunday
        (52, "2020-12-21", 1, "/measurables/7/week/53"),  # 2020 has 53
        (52, "2024-12-23", 1, None),  # 2024 has 52
        (53, "2020-12-28", 1, None),
        (1, "2024-12-30", -1, None),
        (1, "2024-12-30", 52, None),
        (25, "17 June", 1, "/measurables/7/week/26"),
        (25, "17 June", -25, None),
        (25, "17 June", 29, None),
        (25, "2024-06-17", 10**9, None),
        (2840, "2024-06-17", 1, "/measurables/7/week/2841"),  # weeks that are counted across years
        (1, "0001-01-01", -1, None),
    ],
)
async def test_a_score_is_entered_in_the_right_week_or_not_at_all(
    number: int, day: str, offset: int, path: str | None
) -> None:
    assert await entered(number, day, offset) == path


@pytest.mark.parametrize(
    ("said", "offset", "found"),
    [
        ("2024-W52", -1, True),
        ("2025-W52", -1, False),
        ("2024-W01", 0, False),
        ("2025-W01", 0, True),
        ("2025-W1", 0, True),
        ("week one", 0, True),
        (None, 0, True),
        (None, -1, False),
    ],
)
async def test_a_score_is_of_the_week_and_the_year_that_it_names(said: str | None, offset: int, found: bool) -> None:
    names: dict[str, Any] = {"Id": 1, "MeasurableId": 7, "AccountableUserId": 2, "MeasurableName": "x", "Target": None}
    score = {**names, "Measured": 3, "ForWeek": 52 if offset else 1, "Week": said, "DateEntered": "today"}
    transport = MemoryTransport([week(1, "2024-12-30"), Reply(json={"Scores": [score]})])
    scores = await Bloomy("key", transport=transport).scorecard.list(2, week_offset=offset)
    assert [(one.value, one.updated, one.updated_at) for one in scores] == [(3.0, "today", None)] * found
