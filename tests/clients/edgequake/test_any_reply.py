"""Property tests: every reply that the contract allows is read.

Members may be absent or unknown, statuses and modes may be new, and times may have any spelling.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asdk import Secret
from asdk.clients.edgequake import EdgeQuake
from asdk.models.decoding import decoder_for
from asdk.testing import MemoryTransport, Reply
from tests.clients.edgequake.test_contract import OPERATIONS, Operation, method_of, result_of
from tests.clients.edgequake.test_streams import collect
from tests.support.edgequake_schemas import FIELDS

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
    max_leaves=4,
)
moments = st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=-3, minutes=-30))]))
times = (
    moments.map(datetime.isoformat)
    | st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='milliseconds')}Z")
    | st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='microseconds')}789+00:00")
    | st.dates().map(lambda day: day.isoformat())
)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "s": text,
    "i": st.integers(-(2**63), 2**63),
    "n": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6),
    "b": st.booleans(),
    "o": st.dictionaries(text, anything, max_size=2),
    "any": anything,
}
#: The graph stores times as text, and an empty text for a missing time.
EMPTY_TIMES = {
    *("EntityResponse", "RelationshipResponse", "InjectionSummary", "InjectionDetailResponse"),
    "DescriptionVersionResponse",
}


def is_time(name: str) -> bool:
    return name.endswith("_at") or name in ("timestamp", "job_start")


@st.composite
def instances(draw: st.DrawFn, schema: str) -> Any:
    """Generate values of this shape."""
    if schema in PLAIN:
        return draw(PLAIN[schema])
    if schema.startswith("="):
        return schema[1:]
    if schema.startswith("["):
        return [draw(instances(schema[1:-1])) for _ in range(draw(st.integers(0, 2)))]
    made: dict[str, Any] = {}
    for spelt, kind in FIELDS[schema].items():
        name = spelt.removesuffix("?")
        fate = draw(st.sampled_from(["there", "there", "null", "absent"])) if spelt.endswith("?") else "there"
        if fate == "null":
            made[name] = None
        elif fate == "there":
            may_be_empty = spelt.endswith("?") or schema in EMPTY_TIMES
            made[name] = draw(
                (st.just("") | times if may_be_empty else times) if kind == "s" and is_time(name) else instances(kind)
            )
    for name in draw(st.lists(text, max_size=2)):
        made.setdefault(f"new {name}", draw(anything))
    return made


def assert_read(made: Any, sent: Any, at: str) -> None:
    """Check that the value contains every sent member that the model has, and nothing else."""
    if attrs.has(type(made)) and not isinstance(made, Secret):
        for name in (field.name for field in attrs.fields(type(made))):
            assert_read(getattr(made, name), sent.get(name), f"{at}.{name}")
    elif isinstance(made, list) and isinstance(sent, list):
        assert len(made) == len(sent), at
        for one, other in zip(made, sent, strict=True):
            assert_read(one, other, f"{at}[]")
    elif isinstance(made, datetime):
        assert made.tzinfo is not None, at
        assert made.isoformat()[:10] == sent[:10], at
    elif isinstance(made, Secret):
        assert made.reveal() == sent, at
    else:
        assert made == sent or (made is None and sent == ""), at


def shapes_of(operation: Operation) -> list[tuple[Any, str]]:
    """Return the models of a method with the schemas that they read."""
    made = result_of(method_of(EdgeQuake(auth=None), operation.name))
    wire = operation.schema.removeprefix("events:")
    if operation.taken is not None:
        wire = FIELDS[wire][operation.taken]
    schemas = (wire[1:-1] if wire.startswith("[") else wire).split("|")
    return [(kind, schema) for kind, schema in zip(made, schemas, strict=False) if schema in FIELDS]


SHAPES = {
    f"{kind.__name__} {schema}": (kind, schema)
    for operation in OPERATIONS.values()
    for kind, schema in shapes_of(operation)
}


@pytest.mark.parametrize("name", SHAPES)
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_reply_of_the_contract_is_read(name: str, data: st.DataObject) -> None:
    kind, schema = SHAPES[name]
    sent = data.draw(instances(schema))
    made = decoder_for(kind)(json.dumps(sent).encode())
    assert_read(made, sent, kind.__name__)


STREAMS = {name: operation for name, operation in OPERATIONS.items() if "events:" in operation.reply}


@pytest.mark.parametrize("name", sorted(STREAMS.keys() - {"query.stream_text"}))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_stream_of_the_contract_is_read_in_any_chunks(name: str, data: st.DataObject) -> None:
    kinds = STREAMS[name].reply.removeprefix("events:").split("|")
    sent = [data.draw(instances(kind)) for kind in data.draw(st.lists(st.sampled_from(kinds), max_size=4))]
    between = st.sampled_from(["", ": keep-alive\n\n", ":\n", "\n"])
    text = "".join(f"{data.draw(between)}data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in sent)
    content = (text + data.draw(st.sampled_from(["", "data: [DONE]\n\n"]))).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(content)), max_size=6)))
    chunks = [content[start:end] for start, end in pairwise([0, *cuts, len(content)])]
    reply = Reply(content=chunks, headers={"Content-Type": "text/event-stream"})
    client = EdgeQuake(auth=None, transport=MemoryTransport([reply]))
    method = method_of(client, name)
    arguments = {} if name == "graph.stream" else {next(iter(inspect.signature(method).parameters)): "x"}
    made = asyncio.run(collect(method(**arguments)))
    assert len(made) == len(sent)
    for one, other in zip(made, sent, strict=True):
        assert_read(one, other, name)
