"""A map over a million inputs."""

from __future__ import annotations

import pytest

from tests.support.flat_memory import assert_flat


@pytest.mark.soak
@pytest.mark.parametrize("ordered", [True, False])
async def test_a_million_inputs_in_flat_memory(ordered: bool) -> None:
    await assert_flat(1_000_000, ordered=ordered, limit=10 * 2**20)
