"""The pages of the clients: every operation of the API is in the table, in the client and in the sandbox."""

from __future__ import annotations

import re
from operator import attrgetter
from pathlib import Path

import pytest

from asdk import BaseClient
from asdk.clients.apala import Apala
from asdk.clients.bloomy import Bloomy
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox.apala.app import ROUTES as APALA
from asdk.sandbox.bloomy.app import ROUTES as BLOOMY
from asdk.sandbox.edgequake.app import ROUTES as EDGEQUAKE

ROOT = Path(__file__).parent.parent

CLIENTS: dict[str, BaseClient] = {
    "apala": Apala(api_key="key"),
    "bloomy": Bloomy(api_key="key"),
    "edgequake": EdgeQuake(api_key="key"),
}
ROUTES = {
    "apala": {f"{route.method} {route.path}" for route in APALA},
    "bloomy": {f"{route.method} {route.path}" for route in BLOOMY},
    "edgequake": {f"{route.method} {route.path}" for route in EDGEQUAKE},
}


def rows(page: str) -> list[tuple[str, str]]:
    """Method of the client and operation, of each row of the table."""
    table = (ROOT / "docs" / "clients" / f"{page}.md").read_text().partition("## Operations")[2].partition("## ")[0]
    return re.findall(r"^\| `([\w.]+)` \| `([A-Z]+ [^`]+)` \|", table, re.MULTILINE)


def plain(operation: str) -> str:
    """An operation with its parameters unnamed, below whichever prefix."""
    return re.sub(r"\{\w+\}", "{}", operation).replace(" /api/v1", " ")


@pytest.mark.parametrize("page", CLIENTS)
def test_the_table_has_every_operation_of_the_sandbox_and_no_other(page: str) -> None:
    assert {plain(operation) for _, operation in rows(page)} == {plain(route) for route in ROUTES[page]}


@pytest.mark.parametrize("page", CLIENTS)
def test_each_operation_is_in_the_client_and_documented_there(page: str) -> None:
    for name, operation in rows(page):
        documented = plain(attrgetter(name)(CLIENTS[page]).__doc__ or "")
        path = plain(operation).partition(" ")[2]
        assert path in documented.partition("Source: ")[2], f"{name}: {operation}"
