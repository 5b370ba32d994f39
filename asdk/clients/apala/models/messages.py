"""Messages, what becomes of them, and the feedback on them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from asdk.models.declaration import OpenEnum, field, model
from asdk.models.subscriptable import Subscriptable


class Channel(OpenEnum):
    """How a message reaches a customer."""

    SMS = "SMS"
    EMAIL = "EMAIL"
    OTHER = "OTHER"


class MessageType(OpenEnum):
    """The step that a customer is at; as a reward, the step that he took."""

    UPDATING_ACCOUNT_NUMBER = "updating_account_number"
    SENDING_PDF_BANK_STATEMENTS = "sending_pdf_bank_statements"
    LINKING_CHIRP = "linking_chirp"
    SIGNING_LOAN_AGREEMENT = "signing_loan_agreement"


class Score(OpenEnum):
    """How good a message was."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


@model
class Message:
    """A message that a customer was sent, or is to be sent.

    Attributes:
        content: the text.
        channel: how it went.
        reply_or_not: whether the customer answered.
        message_id: your own id of it; left out, 32 random hex digits.
        send_timestamp: when it went, with a time zone, also as text in ISO 8601; left out, now.
    """

    content: str
    channel: Channel | str
    reply_or_not: bool = False
    message_id: str = field(factory=lambda: uuid.uuid4().hex)
    send_timestamp: datetime | str = field(factory=lambda: datetime.now(UTC))


@model
class Warning:
    """Something about an optimised message that a sender should know; ``rule`` is such as ``sms_length``."""

    rule: str
    detail: str


@model
class OptimizedMessage(Subscriptable):
    """A better message.

    Attributes:
        message_id: names it in feedback.
        optimized_message: the text to send.
        recommended_channel: how to send it.
        original_message: the draft.
        warnings: what is still to be known about it.
        recommended_send_at: when to send it; None where there is too little history.
        inferred_send_at: when the language model would send it.
        message_type: the steps that were given.
    """

    message_id: str
    optimized_message: str
    recommended_channel: Channel
    original_message: str
    warnings: list[Warning] = field(factory=list[Warning])
    recommended_send_at: datetime | None = None
    inferred_send_at: datetime | None = None
    message_type: list[MessageType] | None = None


@model
class ProcessedCandidate(Subscriptable):
    """The better message of the older operation."""

    content: str
    channel: Channel
    message_id: str


@model
class ProcessedMessage(Subscriptable):
    """The reply of the older operation; ``candidate_message`` is what to send."""

    company: str
    customer_id: str
    candidate_message: ProcessedCandidate


@model
class MessageFeedback:
    """What became of a message. Several for one message are a history.

    Attributes:
        message_id: of the `OptimizedMessage`.
        customer_responded: whether the customer answered.
        timezone: of the customer, an IANA name such as ``"America/New_York"``.
        score: how good the message was; left out, it does not count. A number from 0 to 100 for messages of the older
            operation.
        actual_sent_message: the text that was sent, where it was changed.
        positive_rewards: the steps that the customer took.
        send_timestamp: when it was sent.
        reply_timestamp: when the customer answered.
    """

    message_id: str
    customer_responded: bool
    timezone: str
    score: Score | str | int | None = None
    actual_sent_message: str | None = None
    positive_rewards: Sequence[MessageType | str] = ()
    send_timestamp: datetime | None = None
    reply_timestamp: datetime | None = None


@model
class FeedbackItem(Subscriptable):
    """Feedback as the server keeps it. ``score`` is a number for messages of the older operation."""

    id: str
    message_id: str
    customer_responded: bool
    inserted_at: datetime
    score: str | int | None = None
    actual_sent_message: str | None = None
    positive_rewards: list[MessageType] = field(factory=list[MessageType])
    send_timestamp: datetime | None = None
    reply_timestamp: datetime | None = None


@model
class BulkFeedbackResult(Subscriptable):
    """All feedback of a call: the server takes the whole list or nothing."""

    success: bool
    count: int
    feedback: list[FeedbackItem]
