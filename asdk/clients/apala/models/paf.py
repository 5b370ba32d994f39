"""Models of the pre-approval flow: messages, outcomes and templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from asdk import OpenEnum, field, model


class PafChannel(OpenEnum):
    """A channel for pre-approval messages; the values are lowercase, unlike those of `Channel`."""

    SMS = "sms"
    EMAIL = "email"


class TemplateStatus(OpenEnum):
    """The status of a template."""

    ACTIVE = "active"
    REJECTED = "rejected"


class RejectedReason(OpenEnum):
    """The reason why a template is no longer in use."""

    COMPLIANCE = "compliance"
    CUSTOMER_DISABLED = "customer_disabled"
    PERFORMANCE_PRUNED = "performance_pruned"
    REVIEWER = "reviewer"


@model
class PafMessage:
    """A message to send, after the caller has replaced ``{NAME}`` and ``{SIGNING_MAGIC_LINK}``.

    Attributes:
        paf_message_id: the id to use in feedback.
        template_id: the template of the message.
        content: the text.
        channel: the channel to use.
    """

    paf_message_id: str
    template_id: str
    content: str
    channel: PafChannel
    control_no_message: Literal[False] = False  # if true, send nothing, regardless of the other fields

    @property
    def is_control(self) -> bool:
        """Return False: send the message."""
        return False


@model
class PafControl:
    """A reply for a customer in the control group of an experiment: send nothing."""

    control_no_message: Literal[True]

    @property
    def is_control(self) -> bool:
        """Return True: there is no message."""
        return True


@model
class IncomingMessage:
    """An answer of a customer; without a channel, it came on the channel of the message."""

    content: str
    timestamp: datetime
    channel: PafChannel | str | None = None


@model
class PafFeedback:
    """The outcome of a message. The server keeps the latest outcome per message, so it is safe to send it again.

    Attributes:
        customer_id: the UUID that was passed to `Paf.optimize`.
        paf_message_id: the id of the `PafMessage`.
        channel: the channel of the message, in lowercase or uppercase.
        signed: whether the customer has signed.
        signed_date: the time of the signature; required if ``signed`` is True.
        magic_link_clicked: the time the customer opened the link.
        incoming_messages: all answers of the customer.
        occurred_at: the time this was recorded; by default the time the server receives it.
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
    """A recorded outcome; ``status`` is ``recorded``."""

    status: str


@model
class PafBulkError:
    """An outcome that the server rejected; ``index`` is its position in the list passed by the caller."""

    index: int
    error: str
    paf_message_id: str | None = None


@model
class PafBulkResult:
    """The number of recorded outcomes, and the rejected ones."""

    recorded: int
    errors: list[PafBulkError] = field(factory=list[PafBulkError])


@model
class Violation:
    """A violated compliance rule, such as ``URGENCY_LANGUAGE``, with an explanation."""

    check: str
    detail: str


@model
class Template:
    """A template of the flow.

    Attributes:
        n_observations: the number of messages from this template with a known outcome.
        reward_rate: the share of these messages that led to a signature, from 0 to 1.
        rejected_reason: the reason for the rejection; None while the template is active, as are ``rejected_at`` and
            ``violations``.
        violations: the compliance rules that caused the rejection.
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
    """The result of validating a draft: the violated rules and a preview."""

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
    """The report of the compliance check on an accepted template."""

    is_valid: bool
    violations: list[Violation] = field(factory=list[Violation])


@model
class CreatedTemplates:
    """The clones of a new template, one per audience group."""

    templates: list[CreatedTemplate]
    validation: TemplateValidation


@model
class DeletedTemplate:
    """A deleted template; a second deletion does not change it."""

    template_id: str
    status: TemplateStatus
    rejected_reason: RejectedReason
    rejected_at: datetime


@model
class TemplateList:
    """The envelope of a list of templates."""

    templates: list[Template] = field(factory=list[Template])
