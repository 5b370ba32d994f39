"""The pre-approval flow: messages, their outcomes, and the templates they are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from asdk.models.declaration import OpenEnum, field, model


class PafChannel(OpenEnum):
    """How a pre-approval message goes out; in small letters here."""

    SMS = "sms"
    EMAIL = "email"


class TemplateStatus(OpenEnum):
    """Whether a template is in use."""

    ACTIVE = "active"
    REJECTED = "rejected"


class RejectedReason(OpenEnum):
    """Why a template is no longer in use."""

    COMPLIANCE = "compliance"
    CUSTOMER_DISABLED = "customer_disabled"
    PERFORMANCE_PRUNED = "performance_pruned"
    REVIEWER = "reviewer"


@model
class PafMessage:
    """A message to send. ``{NAME}`` and ``{SIGNING_MAGIC_LINK}`` in it are yours to fill in.

    Attributes:
        paf_message_id: names it in the report of its outcome: keep it.
        template_id: what it was made from.
        content: the text.
        channel: how to send it.
    """

    paf_message_id: str
    template_id: str
    content: str
    channel: PafChannel
    control_no_message: Literal[False] = False  # where it is true, nothing is to be sent, whatever else there is

    @property
    def is_control(self) -> bool:
        """False: send it."""
        return False


@model
class PafControl:
    """The customer is in the control group of an experiment: send nothing."""

    control_no_message: Literal[True]

    @property
    def is_control(self) -> bool:
        """True: there is no message."""
        return True


@model
class IncomingMessage:
    """What a customer answered; without a channel, on the one that the message came by."""

    content: str
    timestamp: datetime
    channel: PafChannel | str | None = None


@model
class PafFeedback:
    """What became of a message. The server keeps the last one for each, so sending it again does no harm.

    Attributes:
        customer_id: a UUID, the one of `Paf.optimize`.
        paf_message_id: of the `PafMessage`.
        channel: how it was sent, in small or capital letters.
        signed: whether the customer has signed.
        signed_date: when; needed where ``signed`` is True.
        magic_link_clicked: when the customer opened the link.
        incoming_messages: everything that the customer answered.
        occurred_at: when this was recorded; left out, when the server gets it.
    """

    customer_id: str
    paf_message_id: str
    channel: PafChannel | str
    signed: bool
    signed_date: datetime | None = None
    magic_link_clicked: datetime | None = None
    incoming_messages: Sequence[IncomingMessage | Mapping[str, object]] = ()
    occurred_at: datetime | None = None


@model
class PafRecorded:
    """An outcome that the server has taken; ``status`` is ``recorded``."""

    status: str


@model
class PafBulkError:
    """An outcome that the server did not take; ``index`` is its place in the list that was given."""

    index: int
    error: str
    paf_message_id: str | None = None


@model
class PafBulkResult:
    """How many outcomes were taken, and which were not."""

    recorded: int
    errors: list[PafBulkError] = field(factory=list[PafBulkError])


@model
class Violation:
    """A compliance rule that a template breaks, such as ``URGENCY_LANGUAGE``, and how."""

    check: str
    detail: str


@model
class Template:
    """A template of the flow.

    Attributes:
        n_observations: how many messages made from it came back with an outcome.
        reward_rate: the share of those that were signed, from 0 to 1.
        rejected_reason: why it is out of use; None while it is in use, like the two after it.
        violations: the compliance rules that put it out of use.
    """

    template_id: str
    group_id: str
    content: str
    channel: PafChannel
    status: TemplateStatus
    group_name: str | None = None
    label: str | None = None
    n_observations: int | None = None
    reward_rate: float | None = None
    generation: int | None = None
    parent_template_ids: list[str] | None = None
    created_at: datetime | None = None
    last_validated_at: datetime | None = None
    rejected_reason: RejectedReason | None = None
    rejected_at: datetime | None = None
    violations: list[Violation] | None = None


@model
class TemplateReport:
    """Whether a draft may go live, what it breaks, and how it would look."""

    is_valid: bool
    render_preview: str
    violations: list[Violation] = field(factory=list[Violation])
    checks_run: list[str] = field(factory=list[str])


@model
class CreatedTemplate:
    """A new template of one audience group."""

    template_id: str
    group_id: str
    status: TemplateStatus


@model
class TemplateValidation:
    """What the compliance gate said of a template that it let pass."""

    is_valid: bool
    violations: list[Violation] = field(factory=list[Violation])


@model
class CreatedTemplates:
    """A template, cloned into each audience group that it was meant for."""

    templates: list[CreatedTemplate]
    validation: TemplateValidation


@model
class DeletedTemplate:
    """A template that is out of use; a second deletion changes nothing of this."""

    template_id: str
    status: TemplateStatus
    rejected_reason: RejectedReason
    rejected_at: datetime


@model
class TemplateList:
    """How the server wraps a list of templates."""

    templates: list[Template] = field(factory=list[Template])
