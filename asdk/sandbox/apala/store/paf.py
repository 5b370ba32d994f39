"""Pre-approval flow: which message a customer gets, and its outcome."""

import attrs

from asdk.sandbox.apala.errors import ApiError
from asdk.sandbox.apala.settings import ApalaSettings
from asdk.sandbox.apala.store.templates import Template, Templates
from asdk.sandbox.ids import Ids
from asdk.sandbox.json_io import Json


@attrs.define(eq=False)
class PafMessage:
    paf_message_id: str
    company_id: str
    customer_id: str
    template: Template
    feedback: Json | None = None
    """Last record; each replaces the one before."""


class Paf:
    """Messages of the pre-approval flow by their ids."""

    def __init__(self, settings: ApalaSettings, ids: Ids, templates: Templates) -> None:
        self._settings = settings
        self._ids = ids
        self._templates = templates
        self._held_out: set[str] = set()
        self._messages: dict[str, PafMessage] = {}

    def hold_out(self, customer_id: str) -> None:
        self._held_out.add(customer_id)

    def message_for(self, company_id: str, customer_id: str, *, repeat_borrower: bool) -> PafMessage | None:
        """Return the customer's message; None for a member of the control group.

        Raises:
            ApiError: 503: the account has no pre-approval flow yet, or no template for this customer.
        """
        if not self._settings.paf_provisioned:
            raise ApiError(503, "not_provisioned", "The pre-approval flow is not provisioned for this account")
        if customer_id in self._held_out:
            return None
        group = self._templates.groups(company_id)[1 if repeat_borrower else 0]
        template = self._templates.choose(company_id, group)
        if template is None:
            raise ApiError(503, "no_slots_configured", f"The group {group.name} has no active template")
        message = PafMessage(self._ids.uuid(), company_id, customer_id, template)
        self._messages[message.paf_message_id] = message
        return message

    def get(self, company_id: str, paf_message_id: str) -> PafMessage | None:
        message = self._messages.get(paf_message_id)
        return message if message is not None and message.company_id == company_id else None

    def record(self, message: PafMessage, outcome: Json) -> None:
        """Store an outcome, replacing the previous one."""
        template, before = message.template, message.feedback
        template.n_observations += before is None
        template.n_signed += bool(outcome["signed"]) - bool(before and before["signed"])
        message.feedback = outcome
