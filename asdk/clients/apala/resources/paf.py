"""``client.paf``: the pre-approval flow, with messages for customers and their outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.apala.bodies import paf_feedback_body, set_members
from asdk.clients.apala.checks import checked_uuid
from asdk.clients.apala.models.customers import CustomerMetadata
from asdk.clients.apala.models.paf import (
    IncomingMessage,
    PafBulkError,
    PafBulkResult,
    PafChannel,
    PafControl,
    PafFeedback,
    PafMessage,
    PafRecorded,
)
from asdk.clients.apala.resources.templates import Templates

if TYPE_CHECKING:
    from asdk.clients.apala.client import Apala

#: The maximum number of outcomes per request.
BULK_LIMIT = 500

# Rejections that a retry does not change.
_PERMANENT = frozenset({"unknown_paf_message_id"})


class Paf(Resource["Apala"]):
    """Messages for pre-approved customers, built from templates."""

    @property
    def templates(self) -> Templates:
        """Return the operations on message templates."""
        return Templates(self._client)

    async def optimize(
        self,
        customer_id: str,
        customer_metadata: CustomerMetadata | Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> PafMessage | PafControl:
        """Get the message for a customer.

        Args:
            customer_id: your UUID of the customer, as in `Apala.optimize_message`.
            customer_metadata: facts about the customer; the server ignores unknown keys.
            options: per-call options, see `CallOptions`.

        Returns:
            The message, or `PafControl` for a customer in the control group; ``is_control`` tells them apart.

        Raises:
            InvalidRequestError: the id is not a UUID; nothing was sent.
            NotProvisionedError: the account has no pre-approval flow yet, or no template for this customer.

        Source: Apala API, ``POST /api/paf/optimize``.
        """
        body: dict[str, object] = {"customer_id": checked_uuid("customer_id", customer_id)}
        if customer_metadata is not None:
            body["customer_metadata"] = set_members(customer_metadata)
        return await self._client.request(
            "POST", "/api/paf/optimize", json=body, model=PafMessage | PafControl, **options
        )

    async def submit_feedback(
        self,
        customer_id: str,
        paf_message_id: str,
        *,
        channel: PafChannel | str,
        signed: bool,
        signed_date: datetime | None = None,
        magic_link_clicked: datetime | None = None,
        incoming_messages: Sequence[IncomingMessage | Mapping[str, object]] = (),
        occurred_at: datetime | None = None,
        **options: Unpack[CallOptions],
    ) -> PafRecorded:
        """Report the outcome of a message. A later report replaces the earlier one.

        Report until the customer has signed or 30 days have passed, with all known facts each time. All times must
        have a time zone.

        Args:
            customer_id: the UUID that was passed to `optimize`.
            paf_message_id: the id of the `PafMessage`.
            channel: the channel of the message, ``"sms"`` or ``"email"``.
            signed: whether the customer has signed.
            signed_date: the time of the signature; required if ``signed`` is True.
            magic_link_clicked: the time the customer opened the link.
            incoming_messages: all answers of the customer.
            occurred_at: the time this was recorded; by default the time the server receives it.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: an id is not a UUID, or ``signed_date`` is missing; nothing was sent.
            NotFoundError: the customer has no message with this id.

        Source: Apala API, ``POST /api/paf/feedback``.
        """
        feedback = PafFeedback(
            customer_id=customer_id,
            paf_message_id=paf_message_id,
            channel=channel,
            signed=signed,
            signed_date=signed_date,
            magic_link_clicked=magic_link_clicked,
            incoming_messages=incoming_messages,
            occurred_at=occurred_at,
        )
        return await self._client.request(
            "POST", "/api/paf/feedback", json=paf_feedback_body(feedback), model=PafRecorded, idempotent=True, **options
        )

    async def submit_feedback_bulk(
        self,
        feedback: Iterable[PafFeedback | Mapping[str, object]],
        *,
        resends: int = 1,
        **options: Unpack[CallOptions],
    ) -> PafBulkResult:
        """Report any number of outcomes, 500 per request. Only rejected outcomes are sent again.

        Args:
            feedback: the outcomes, as models or as dicts of their fields.
            resends: the maximum number of times a rejected outcome is sent again. Permanent rejections, such as an
                unknown message id, are not sent again.
            options: per-call options, see `CallOptions`.

        Returns:
            The number of recorded outcomes, and the index in ``feedback`` and the reason of each rejected one.

        Raises:
            InvalidRequestError: as `submit_feedback`; nothing was sent.
            AsdkError: a request failed. It is safe to repeat the call: recorded outcomes are replaced.

        Source: Apala API, ``POST /api/paf/feedback/bulk``.
        """
        bodies = [paf_feedback_body(item) for item in feedback]
        recorded, remaining = 0, list(range(len(bodies)))
        permanent: list[PafBulkError] = []
        temporary: list[PafBulkError] = []
        for _ in range(max(0, resends) + 1):
            accepted, errors = await self._send_in_batches(bodies, remaining, options)
            recorded += accepted
            permanent += [error for error in errors if error.error in _PERMANENT]
            temporary = [error for error in errors if error.error not in _PERMANENT]
            remaining = [error.index for error in temporary]
            if not remaining:
                break
        errors = sorted([*permanent, *temporary], key=lambda error: error.index)
        return PafBulkResult(recorded=recorded, errors=errors)

    async def _send_in_batches(
        self, bodies: Sequence[Mapping[str, object]], indexes: Sequence[int], options: CallOptions
    ) -> tuple[int, list[PafBulkError]]:
        """Send the outcomes at these indexes; return the number recorded and the rejected ones with their indexes."""
        recorded = 0
        errors: list[PafBulkError] = []
        for start in range(0, len(indexes), BULK_LIMIT):
            batch = indexes[start : start + BULK_LIMIT]
            result = await self._client.request(
                "POST",
                "/api/paf/feedback/bulk",
                json={"feedback": [bodies[index] for index in batch]},
                model=PafBulkResult,
                idempotent=True,
                **options,
            )
            recorded += result.recorded
            errors += [
                PafBulkError(index=batch[error.index], error=error.error, paf_message_id=error.paf_message_id)
                for error in result.errors
                if 0 <= error.index < len(batch)
            ]
        return recorded, errors
