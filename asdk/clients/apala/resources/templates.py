"""``client.paf.templates``: the message templates of the pre-approval flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, InvalidRequestError, Records, Resource, omit_none
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

if TYPE_CHECKING:
    from asdk.clients.apala.client import Apala

_LABEL_LENGTH = 64
_STATUSES = (*TemplateStatus, "all")


class Templates(Resource["Apala"]):
    """Message templates, which must pass a compliance check; it allows ``{NAME}`` and ``{SIGNING_MAGIC_LINK}``."""

    async def get(self, template_id: str, **options: Unpack[CallOptions]) -> Template:
        """Fetch one template, active or rejected.

        Args:
            template_id: the UUID of the template.
            options: per-call options, see `CallOptions`.

        Returns:
            The template; a rejected one includes the reason and the violated rules.

        Raises:
            InvalidRequestError: the id is not a UUID; nothing was sent.
            NotFoundError: no template has this id.

        Source: Apala API, ``GET /api/paf/templates/{id}``.
        """
        return await self._client.request(
            "GET", "/api/paf/templates/{id}", path_params={"id": _id(template_id)}, model=Template, **options
        )

    async def validate(self, content: str, channel: PafChannel | str, **options: Unpack[CallOptions]) -> TemplateReport:
        """Check a draft for compliance. Nothing is stored.

        Args:
            content: the text.
            channel: ``"sms"`` or ``"email"``.
            options: per-call options, see `CallOptions`.

        Returns:
            Whether the draft is valid, the violated rules, and a preview.

        Raises:
            InvalidRequestError: the channel is unknown; nothing was sent.
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
        """Create a template and activate it.

        Args:
            content: the text.
            channel: ``"sms"`` or ``"email"``.
            label: a label, at most 64 characters; unique among the active templates of a group.
            group_id: the UUID of one audience group; by default every group gets a clone.
            options: per-call options, see `CallOptions`.

        Returns:
            The id and the group of each clone.

        Raises:
            InvalidRequestError: the label is too long, ``group_id`` is not a UUID, or the channel is unknown; nothing
                was sent.
            ComplianceError: the text violates rules, see ``violations``. Nothing was stored.
            DuplicateLabelError: an active template already has this label.
            GroupRetiredError: the group accepts no new templates.
            ChannelNotAllowedError: the account may not send on this channel.

        Source: Apala API, ``POST /api/paf/templates``.
        """
        if label is not None and len(label) > _LABEL_LENGTH:
            raise InvalidRequestError(f"label must have at most {_LABEL_LENGTH} characters, got {len(label)}")
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
        """Deactivate a template immediately. A template that is already rejected keeps its reason.

        Args:
            template_id: the UUID of the template.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: the id is not a UUID; nothing was sent.
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
        """Fetch the templates, all in one reply.

        Args:
            status: ``"active"``, ``"rejected"`` or ``"all"``.
            label: only templates with exactly this label.
            group_id: only templates of this audience group, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: ``group_id`` is not a UUID, or the status is unknown; nothing was sent.

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
    raise InvalidRequestError(f"status must be one of {', '.join(_STATUSES)}, got {status!r}")
