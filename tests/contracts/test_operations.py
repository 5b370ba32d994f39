"""Every operation of the five contracts is in client, sandbox and documentation, and none beside them."""

from __future__ import annotations

import pytest

from tests.contracts.operations import CLIENTS, PAGES, Operation, docstring, operations, page, routes, same

LISTED = [(api, operation) for api in CLIENTS for operation in operations(api)]


@pytest.mark.parametrize("api", CLIENTS)
def test_the_sandbox_serves_what_the_contract_lists_and_nothing_else(api: str) -> None:
    assert {same(route) for route in routes(api)} == {same(str(operation)) for operation in operations(api)}


@pytest.mark.parametrize(("api", "operation"), LISTED, ids=[f"{api} {one.method} {one}" for api, one in LISTED])
def test_the_client_has_it_and_says_so(api: str, operation: Operation) -> None:
    source = docstring(api, operation.method).partition("Source: ")[2]
    assert same(operation.path) in same(source), source
    assert operation.verb in source


@pytest.mark.parametrize("api", CLIENTS)
def test_the_table_of_the_documentation_is_the_list(api: str) -> None:
    assert (PAGES / f"{api}.md").read_text() == page(api), "python -m tests.contracts.operations writes it anew"
    assert "| `" in page(api)
