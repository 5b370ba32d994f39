"""Tests of each method against the contract: the names that it sends, and the result that it reads.

`operations.txt` lists both, `edgequake_schemas` has the shapes.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from email import message_from_bytes
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, urlsplit

import attrs
import pytest

from asdk import Paginator, Records, Secret, Unknown
from asdk.clients.edgequake import EdgeQuake, models
from asdk.clients.edgequake.models import contexts
from asdk.clients.edgequake.resources.api_keys import ApiKeyPaginator
from asdk.http.bodies import FileContent, Upload
from asdk.progress import ProgressDisplay
from asdk.streaming.streams import EventStream
from asdk.testing import MemoryTransport, Reply
from asdk.transfers.download import DownloadResult
from tests.contracts.operations import operations
from tests.support.edgequake_schemas import FIELDS, problems, sample

#: Members of the contract that a method does not send, and why.
LEFT_OUT = {
    "conversations.create_message": {"stream"},  # the reply is the message, with any content
    "documents.count": {"page"},  # a count has no pages
    "query.stream": {"stream_format"},  # `stream_text` sends it
    "query.stream_text": {"include_subgraph", "content_granularity"},  # bare text contains neither
}
#: Parameters with a default here but not in the contract.
DEFAULTED = {
    "auth.login": {"username", "password"},  # or an email address: the overloads say so
    "conversations.bulk_archive": {"archive"},
    "conversations.create_message": {"role"},
    "costs.update_budget": set(FIELDS["BudgetInfo"]),  # omitted values are fetched
    "entities.delete": {"confirm", "delete_relationships"},
}
#: Required content of a query.
REQUIRED = {
    "auth.oidc_callback": ("code", "state"),
    "entities.delete": ("confirm",),
    "entities.exists": ("entity_name",),
    "graph.search_labels": ("q",),
    "graph.search_nodes": ("q",),
}
#: Names in annotations that are imported only for type checkers.
NAMES = {
    "DownloadResult": DownloadResult,
    "FileContent": FileContent,
    "ProgressDisplay": ProgressDisplay,
    "Upload": Upload,
}


@attrs.frozen
class Operation:
    """Line of the list."""

    name: str
    request: str
    statuses: list[int]
    reply: str

    @property
    def schema(self) -> str:
        """Return the shape of the reply, without the envelope."""
        return re.sub(r"\.\w+$", "", self.reply)

    @property
    def taken(self) -> str | None:
        """Return the member of the reply that the method returns."""
        return self.reply.partition(".")[2] or None


def read_list() -> dict[str, Operation]:
    found = {}
    for line in (Path(__file__).parent / "operations.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, request, rest = line.split(maxsplit=2)
            status, _, reply = rest.split("; ")[0].partition(" ")
            found[name] = Operation(name, request, [int(code) for code in status.split(",")], reply)
    return found


OPERATIONS = read_list()
EACH = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def method_of(client: EdgeQuake, name: str) -> Any:
    resource, _, method = name.partition(".")
    return getattr(getattr(client, resource), method)


def value_for(kind: Any, name: str, folder: Path) -> Any:
    """Return a value for a parameter of this type."""
    origin, arguments = get_origin(kind), [part for part in get_args(kind) if part is not type(None)]
    if name in ("file", "files"):
        return ("a.pdf", b"x") if name == "file" else [("a.pdf", b"x")]
    if name == "to":
        return folder / "a.pdf"
    if origin in (Union, UnionType):
        return name if str in arguments else value_for(arguments[0], name, folder)
    if origin in (Sequence, Iterable, list):
        return [value_for(arguments[0], name, folder)]
    if origin is Mapping:
        return {"k": "v"}
    if origin is Callable:
        return lambda *_: None
    if origin is Literal:
        return arguments[0]
    if attrs.has(kind):
        return kind(**{part: value_for(hint, part, folder) for part, hint in get_type_hints(kind).items()})
    plain: dict[Any, Any] = {str: name, bool: True, int: 3, float: 0.5, date: date(2026, 1, 1), Any: "any"}
    return plain[kind]


def arguments_of(method: Any, folder: Path, *, required: bool = False) -> dict[str, Any]:
    """Return a value for each parameter, or for the required ones."""
    hints = get_type_hints(method, localns=NAMES)
    return {
        name: value_for(hints[name], name, folder)
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD
        and not (required and parameter.default is not parameter.empty)
        and not (name == "email" and method.__name__ == "login")  # instead of the name
    }


def replies_of(operation: Operation, status: int) -> list[Reply]:
    """Return the server's replies: every allowed value, and an end to pages."""
    if operation.reply == "":
        return [Reply(status)]
    if operation.reply == "location":
        return [Reply(status, headers={"Location": "https://id.example.org/"})]
    if operation.reply == "bytes":
        return [Reply(status, content=b"%PDF")]
    if operation.reply.startswith("events:"):
        kinds = operation.reply.removeprefix("events:").split("|")
        events = ["Ada" if kind == "text" else json.dumps(sample(kind, full=True)) for kind in kinds]
        content = "".join(f"data: {event}\n\n" for event in events).encode()
        return [Reply(status, content=content, headers={"Content-Type": "text/event-stream"})]
    page = sample(operation.schema, full=True)
    if operation.name == "workspaces.metrics_history":  # has no total, so that only an empty page is the end
        return [Reply(status, json=page), Reply(status, json=page | {"snapshots": []})]
    if operation.request.startswith("?cursor"):
        last = page | {"pagination": {"has_more": False, "next_cursor": None}}
        return [Reply(status, json=page), Reply(status, json=last)]
    if operation.taken is not None:
        for place in (page, page.get("pagination", {})):
            place.update({name: 1 for name in ("total", "total_count") if name in place})
    return [Reply(status, json=page)] * (2 if operation.name == "costs.update_budget" else 1)


async def outcome_of(result: Any) -> Any:
    if isinstance(result, Paginator):
        return await result.collect()
    if isinstance(result, EventStream):
        async with result as events:
            return [event async for event in events]
    return await result


def sent_names(transport: MemoryTransport) -> set[str]:
    """Return the names in query and body of the request."""
    names: set[str] = set()
    for request in transport.sent:
        names |= {name for name, _ in parse_qsl(urlsplit(request.url).query)}
        media_type = request.headers.get("Content-Type", "")
        if media_type.startswith("multipart/"):
            head = f"Content-Type: {media_type}\r\n\r\n".encode()
            parts = message_from_bytes(head + request.content).get_payload()
            names |= {str(part.get_param("name", header="Content-Disposition")) for part in parts}  # type: ignore[union-attr]
        elif request.content:
            assert media_type == "application/json"
            names |= request.json().keys()
    return names


def published_names(operation: Operation) -> dict[str, bool]:
    """Return the names in the contract, and whether they are required."""
    if operation.request == "-":
        return {}
    kind, _, names = operation.request.rpartition("?" if "?" in operation.request else ":")
    if kind or operation.request.startswith("?"):
        return {name: name in REQUIRED.get(operation.name, ("file", "files")) for name in names.split(",")}
    return {name.removesuffix("?"): not name.endswith("?") for name in FIELDS[operation.request]}


def test_the_list_has_every_method_of_the_client() -> None:
    listed = {operation.method for operation in operations("edgequake")}
    assert {method for method in listed if "." in method} == OPERATIONS.keys()


@EACH
async def test_every_name_of_the_contract_is_sent_and_no_other(operation: Operation, tmp_path: Path) -> None:
    for status in operation.statuses:
        transport = MemoryTransport(replies_of(operation, status))
        client = EdgeQuake(auth=None, transport=transport)
        method = method_of(client, operation.name)
        result = await outcome_of(method(**arguments_of(method, tmp_path)))
        assert sent_names(transport) == published_names(operation).keys() - LEFT_OUT.get(operation.name, set())
        assert (result is None) is (operation.reply == "")
        if operation.request in FIELDS:
            assert problems(operation.request, transport.sent[-1].json(), strict=True) == []


@EACH
async def test_required_members_are_sent_by_default(operation: Operation, tmp_path: Path) -> None:
    transport = MemoryTransport(replies_of(operation, operation.statuses[0]))
    method = method_of(EdgeQuake(auth=None, transport=transport), operation.name)
    given = arguments_of(method, tmp_path, required=True)
    if operation.name == "auth.login":
        given = {"email": "ada@example.org", "password": "pw"}
    await outcome_of(method(**given))
    required = {name for name, is_required in published_names(operation).items() if is_required}
    assert required <= sent_names(transport)
    in_path = {name for name in given if f"{{{name}}}" in transport.sent[0].template}
    optional = {name for name in published_names(operation) if name not in required}
    defaulted = DEFAULTED.get(operation.name, set())
    assert not (given.keys() - in_path) & optional - {"folder_id"}, "what is optional there is optional here"
    assert required - defaulted <= given.keys() | {"q"}, "what is required there is required here"


# --- the result -------------------------------------------------------------------------------------------------------


def result_of(method: Any) -> list[Any]:
    """Return the types that a method returns; for a collection, those of its items."""
    made = get_type_hints(method, localns=NAMES)["return"]
    if made is ApiKeyPaginator:
        return [models.ApiKeySummary]
    if get_origin(made) in (Paginator, Records, EventStream, list):
        made = get_args(made)[0]
    return list(get_args(made)) if get_origin(made) in (Union, UnionType) else [made]


def differences(kind: Any, schema: str, at: str) -> list[str]:
    """Return the differences between a model and a schema."""
    is_optional = type(None) in get_args(kind)
    (kind,) = [part for part in get_args(kind) if part is not type(None)] if is_optional else [kind]
    if schema.startswith("["):
        return (
            differences(get_args(kind)[0], schema[1:-1], f"{at}[]") if get_origin(kind) is list else [f"{at}: no list"]
        )
    if attrs.has(kind) and kind is not Secret:
        return _differences_of_model(kind, schema, at)
    return [] if _takes(kind, schema) else [f"{at}: {kind} is not {schema}"]


def _takes(kind: Any, schema: str) -> bool:
    if schema == "s":
        return isinstance(kind, type) and (issubclass(kind, str) or kind.__name__ in ("datetime", "Secret"))
    if schema.startswith("="):
        return get_args(kind) == (schema[1:],)
    return bool({"i": int, "n": float, "b": bool, "any": Any, "o": dict[str, Any], "m": dict[str, str]}[schema] == kind)


def _differences_of_model(kind: Any, schema: str, at: str) -> list[str]:
    found = []
    hints, fields = get_type_hints(kind), {field.name: field for field in attrs.fields(kind)}
    published = {name.removesuffix("?"): (name, of) for name, of in FIELDS[schema].items()}
    for name in published.keys() ^ fields.keys():
        found.append(f"{at}.{name}: only in {schema if name in published else kind.__name__}")
    for name in published.keys() & fields.keys():
        spelt, of = published[name]
        is_optional = spelt.endswith("?")
        has_default = fields[name].default is not attrs.NOTHING
        if is_optional != has_default and not of.startswith("=") and kind not in PATIENT:
            found.append(f"{at}.{name}: {spelt} in {schema}, but {'a' if has_default else 'no'} default here")
        if is_optional and of != "any" and type(None) not in get_args(hints[name]):
            found.append(f"{at}.{name}: null in {schema}")
        found += differences(hints[name], of, f"{at}.{name}")
    return found


#: The contract states these replies without their members: a server may send fewer than the known one.
PATIENT = {
    *(models.ParsedPdf, models.ParseMetrics, models.ParseJob, models.ParseBackends, models.ReanalyzedDocument),
    *(kind for kind in vars(contexts).values() if attrs.has(kind) and kind.__module__ == contexts.__name__),
}
#: Models that differ from the reply, and why.
OTHER_SHAPES = {
    "RefreshResult.refresh_token",  # None: to read it like the login's
    *(f"DocumentCounts.{name}" for name in ("documents", "page", "page_size", "total_pages", "has_more")),
}


@EACH
def test_a_model_has_what_its_schema_has(operation: Operation) -> None:
    made = result_of(method_of(EdgeQuake(auth=None), operation.name))
    if operation.reply in ("", "bytes", "events:text", "location"):
        assert made in ([type(None)], [bytes], [DownloadResult], [str]) or operation.name == "query.stream_text"
        return
    wire = operation.schema.removeprefix("events:")
    if operation.taken is not None:
        wire = FIELDS[wire][operation.taken]
    schemas = [wire[1:-1] if wire.startswith("[") else wire] if "|" not in wire else wire.split("|")
    if operation.name == "parse.parse":
        schemas.append("ParseJobStatusResponse")
    made = [kind for kind in made if kind is not Unknown]  # what no schema has yet
    assert len(made) == len(schemas)
    found = [
        problem
        for kind, schema in zip(made, schemas, strict=True)
        for problem in differences(kind, schema, kind.__name__)
    ]
    assert [problem for problem in found if problem.partition(":")[0] not in OTHER_SHAPES] == []
