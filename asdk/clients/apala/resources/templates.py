"""``client.paf.templates``: what the messages of the pre-approval flow are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.apala.checks import checked_uuid, paf_channel
from asdk.clients.apala.models.paf import (
    CreatedTemplates,
    DeletedTemplate,
    PafChannel,
    Template,
    TemplateList,
    TemplateReport,
    TemplateStatus,
)
from asdk.errors import InvalidRequestError
from asdk.http.options import CallOptions, omit_none
from asdk.records.records import Records
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.apala.client import Apala

_LABEL_LENGTH = 64
_STATUSES = (*TemplateStatus, "all")


class Templates(Resource["Apala"]):
    """Templates pass a compliance gate; ``{NAME}`` and ``{SIGNING_MAGIC_LINK}`` are the merge tokens it allows."""

    async def get(self, template_id: str, **options: Unpack[CallOptions]) -> Template:
        """Fetch one template, in use or not.

        Args:
            template_id: its UUID.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The template; one that is out of use has the reason, and the rules that it broke.

        Raises:
            InvalidRequestError: the id is no UUID; nothing was sent.
            NotFoundError: no template has this id.

        Source: Apala API, ``GET /api/paf/templates/{id}``.
        """
        return await self._client.request(
            "GET", "/api/paf/templates/{id}", path_params={"id": _id(template_id)}, model=Template, **options
        )

    async def validate(self, content: str, channel: PafChannel | str, **options: Unpack[CallOptions]) -> TemplateReport:
        """Ask the compliance gate about a draft. Nothing is stored.

        Args:
            content: the text.
            channel: ``"sms"`` or ``"email"``.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Whether it may go live, which rules it breaks, and how it would look.

        Raises:
            InvalidRequestError: there is no such channel; nothing was sent.
            ChannelNotAllowedError: the account may not send on this channel.

        Source: Apala API, ``POST /api/paf/templates/validate``.
        """
        return await self._client.request(
            "POST",
            "/api/paf/templates/validate",
            json={"content": content, "channel": paf_channel(channel)},
            model=TemplateReport,
            idempotent=True,
            **options,
        )

    async def create(
        self,
        content: str,
        channel: PafChannel | str,
        *,
        label: str | None = None,
        group_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> CreatedTemplates:
        """Put a template into use.

        Args:
            content: the text.
            channel: ``"sms"`` or ``"email"``.
            label: what to find it by, 64 characters at most; one active template a group has it.
            group_id: the UUID of one audience group; left out, every group gets a clone.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The id of each clone, with its group.

        Raises:
            InvalidRequestError: the label is too long, the group no UUID, or there is no such channel; nothing was
                sent.
            ComplianceError: the text breaks rules; ``violations`` says which. Nothing was stored.
            DuplicateLabelError: an active template has this label.
            GroupRetiredError: the group takes no more templates.
            ChannelNotAllowedError: the account may not send on this channel.

        Source: Apala API, ``POST /api/paf/templates``.
        """
        if label is not None and len(label) > _LABEL_LENGTH:
            raise InvalidRequestError(f"a label has {_LABEL_LENGTH} characters at most, not {len(label)}")
        if group_id is not None:
            checked_uuid("group_id", group_id)
        return await self._client.request(
            "POST",
            "/api/paf/templates",
            json=omit_none(content=content, channel=paf_channel(channel), label=label, group_id=group_id),
            model=CreatedTemplates,
            **options,
        )

    async def delete(self, template_id: str, **options: Unpack[CallOptions]) -> DeletedTemplate:
        """Put a template out of use, at once. One that is out of use already keeps its reason.

        Args:
            template_id: its UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: the id is no UUID; nothing was sent.
            NotFoundError: no template has this id.

        Source: Apala API, ``DELETE /api/paf/templates/{id}``.
        """
        return await self._client.request(
            "DELETE", "/api/paf/templates/{id}", path_params={"id": _id(template_id)}, model=DeletedTemplate, **options
        )

    async def list(
        self,
        status: TemplateStatus | str = TemplateStatus.ACTIVE,
        *,
        label: str | None = None,
        group_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Records[Template]:
        """Fetch templates; the server sends all of them at once.

        Args:
            status: ``"active"``, ``"rejected"`` or ``"all"``.
            label: only those with exactly this label.
            group_id: only those of one audience group, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: the group is no UUID, or there is no such status; nothing was sent.

        Source: Apala API, ``GET /api/paf/templates``.
        """
        if group_id is not None:
            checked_uuid("group_id", group_id)
        found = await self._client.request(
            "GET",
            "/api/paf/templates",
            params={"status": _status(status), "label": label, "group_id": group_id},
            model=TemplateList,
            **options,
        )
        return Records(found.templates)


def _id(template_id: str) -> str:
    return checked_uuid("template_id", template_id)


def _status(status: object) -> str:
    if isinstance(status, str) and status.lower() in _STATUSES:
        return status.lower()
    raise InvalidRequestError(f"status is one of {', '.join(_STATUSES)}, not {status!r}")
