"""``client.paf``: the pre-approval flow. Which message a customer gets, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from typing_extensions import Unpack

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
from asdk.http.options import CallOptions
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.apala.client import Apala

#: How many outcomes the server takes in one request.
BULK_LIMIT = 500

# Refusals that another try does not change.
_LASTING = frozenset({"unknown_paf_message_id"})


class Paf(Resource["Apala"]):
    """Ready-made messages for customers who were pre-approved."""

    @property
    def templates(self) -> Templates:
        """What the messages are made from."""
        return Templates(self._client)

    async def optimize(
        self,
        customer_id: str,
        customer_metadata: CustomerMetadata | Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> PafMessage | PafControl:
        """Get the message for a customer.

        Args:
            customer_id: a UUID of yours, the same as in `Apala.optimize_message`.
            customer_metadata: what is known of the customer; the server ignores keys that it does not know.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The message, or `PafControl` for a customer who gets none; ``is_control`` tells them apart.

        Raises:
            InvalidRequestError: the id is no UUID; nothing was sent.
            NotProvisionedError: this account has no pre-approval flow yet, or no template for this customer.

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
        """Report what became of a message. Sent again, it takes the place of the one before.

        Report until the customer has signed or 30 days have passed, with everything that is known each time. All
        moments have a time zone.

        Args:
            customer_id: the UUID that `optimize` was given.
            paf_message_id: of the `PafMessage`.
            channel: how it was sent, ``"sms"`` or ``"email"``.
            signed: whether the customer has signed.
            signed_date: when; needed where ``signed`` is True.
            magic_link_clicked: when the customer opened the link.
            incoming_messages: everything that the customer answered.
            occurred_at: when this was recorded; left out, when the server gets it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: an id is no UUID, or a signature has no date; nothing was sent.
            NotFoundError: the server knows no such message of this customer.

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
        """Report any number of outcomes, 500 a request. Those that were not taken are sent again, and only those.

        Args:
            feedback: the outcomes, as models or with the same names as dicts.
            resends: how often what the server did not take is sent again; never what it will not take, such as the
                outcome of a message that it does not know.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            How many were taken, and for each other one its place in ``feedback`` and the reason.

        Raises:
            InvalidRequestError: as `submit_feedback`; nothing was sent.
            AsdkError: a request failed as a whole. Repeat the call: what was taken is replaced by itself.

        Source: Apala API, ``POST /api/paf/feedback/bulk``.
        """
        bodies = [paf_feedback_body(item) for item in feedback]
        recorded, left = 0, list(range(len(bodies)))
        lasting: list[PafBulkError] = []
        passing: list[PafBulkError] = []
        for _ in range(max(0, resends) + 1):
            taken, errors = await self._send_in_parts(bodies, left, options)
            recorded += taken
            lasting += [error for error in errors if error.error in _LASTING]
            passing = [error for error in errors if error.error not in _LASTING]
            left = [error.index for error in passing]
            if not left:
                break
        errors = sorted([*lasting, *passing], key=lambda error: error.index)
        return PafBulkResult(recorded=recorded, errors=errors)

    async def _send_in_parts(
        self, bodies: Sequence[Mapping[str, object]], places: Sequence[int], options: CallOptions
    ) -> tuple[int, list[PafBulkError]]:
        """Send the outcomes at these places; gives how many were taken, and the others, each with its place."""
        recorded = 0
        errors: list[PafBulkError] = []
        for start in range(0, len(places), BULK_LIMIT):
            part = places[start : start + BULK_LIMIT]
            result = await self._client.request(
                "POST",
                "/api/paf/feedback/bulk",
                json={"feedback": [bodies[place] for place in part]},
                model=PafBulkResult,
                idempotent=True,
                **options,
            )
            recorded += result.recorded
            errors += [
                PafBulkError(index=part[error.index], error=error.error, paf_message_id=error.paf_message_id)
                for error in result.errors
                if 0 <= error.index < len(part)
            ]
        return recorded, errors
