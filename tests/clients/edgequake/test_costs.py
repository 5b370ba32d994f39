"""Tests of the budget of a workspace: the server requires all of it, a caller names only the changes."""

from __future__ import annotations

import pytest

from asdk import BadRequestError
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer


async def test_omitted_members_of_a_budget_stay(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.settings.strict = True  # as in the real server, which rejects a partial budget
    before = await admin.costs.budget()
    changed = await admin.costs.update_budget(monthly_budget_usd=50)
    assert (changed.monthly_budget_usd, changed.remaining_usd) == (50, 50)
    assert changed.alert_threshold == before.alert_threshold == 80
    again = await admin.costs.update_budget(alert_threshold=95)
    assert (again.monthly_budget_usd, again.alert_threshold) == (50, 95)
    assert await admin.costs.budget() == again


async def test_an_exceeded_budget_is_reported(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.settings.strict = True
    await admin.documents.upload("Sarah Chen works at Acme Labs.")
    changed = await admin.costs.update_budget(monthly_budget_usd=0)
    assert changed.is_over_budget
    assert changed.remaining_usd == 0
    with pytest.raises(BadRequestError, match="negative"):
        await admin.costs.update_budget(monthly_budget_usd=-1)
