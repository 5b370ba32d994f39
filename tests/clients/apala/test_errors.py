"""Tests of the errors of Apala: one typed error per rejection, with a hint."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from asdk import NotFoundError, PermissionDeniedError, StatusError
from asdk.clients.apala import (
    Apala,
    ChannelNotAllowedError,
    ComplianceError,
    DuplicateLabelError,
    GroupRetiredError,
    NotProvisionedError,
)
from asdk.sandbox.apala import ApalaServer

if TYPE_CHECKING:
    from tests.clients.apala.conftest import MakeClient

TEXT = "Hi {NAME}, your papers are ready: {SIGNING_MAGIC_LINK}"


async def retire_all(client: Apala, server: ApalaServer) -> None:
    for template in await client.paf.templates.list():
        server.retire_group(template.group_id)
    await client.paf.templates.create(TEXT, "sms")


async def close_channel(client: Apala, server: ApalaServer) -> None:
    server.settings.paf_channels = frozenset({"sms"})
    await client.paf.templates.create(TEXT, "email")


async def close_flow(client: Apala, server: ApalaServer) -> None:
    server.settings.paf_provisioned = False
    await client.paf.optimize(server.credentials.customer_id)


async def other_company(client: Apala, server: ApalaServer) -> None:
    known = server.credentials
    await client.optimize_message([], "x", timezone="UTC", company_guid=known.other_company_id)


async def hidden_template(client: Apala, server: ApalaServer) -> None:
    async with Apala(server.credentials.other_api_key, base_url=server.url) as other:
        [hidden, *_] = await other.paf.templates.list()
    await client.paf.templates.get(hidden.template_id)


async def label_twice(client: Apala, server: ApalaServer) -> None:
    for _ in range(2):
        await client.paf.templates.create(TEXT, "sms", label="mine")


async def breaks_rules(client: Apala, server: ApalaServer) -> None:
    await client.paf.templates.create("Act now", "sms")


@pytest.mark.parametrize(
    ("act", "kind", "hint"),
    [
        (other_company, PermissionDeniedError, "check company_guid: an API key works only for its own company"),
        (hidden_template, NotFoundError, "check the id: an API key can access only its own company"),
        (close_flow, NotProvisionedError, "ask Apala to set it up for this account"),
        (breaks_rules, ComplianceError, "correct the text, and check the draft with templates.validate()"),
        (label_twice, DuplicateLabelError, "choose another label, or delete the existing template"),
        (retire_all, GroupRetiredError, "choose another group_id, or omit it to use every group"),
        (close_channel, ChannelNotAllowedError, "use another channel, or ask Apala to enable this one"),
    ],
)
async def test_each_rejection_has_its_own_error_and_hint(
    make_client: MakeClient,
    server: ApalaServer,
    act: Callable[[Apala, ApalaServer], Awaitable[None]],
    kind: type[StatusError],
    hint: str,
) -> None:
    with pytest.raises(kind) as caught:
        await act(make_client(), server)
    error = caught.value
    assert type(error) is kind
    assert f"; {hint} (request " in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (kind, str(error))
