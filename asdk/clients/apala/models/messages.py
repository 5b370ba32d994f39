"""Messages, optimized messages and feedback."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from asdk import OpenEnum, field, model
from asdk.models import Subscriptable


class Channel(OpenEnum):
    """A channel for messages to customers."""

    SMS = "SMS"
    EMAIL = "EMAIL"
    OTHER = "OTHER"


class MessageType(OpenEnum):
    """A step of the loan process: the current one for a message, or a completed one as a reward."""

    UPDATING_ACCOUNT_NUMBER = "updating_account_number"
    SENDING_PDF_BANK_STATEMENTS = "sending_pdf_bank_statements"
    LINKING_CHIRP = "linking_chirp"
    SIGNING_LOAN_AGREEMENT = "signing_loan_agreement"


class Score(OpenEnum):
    """A rating of a message."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


@model
class Message:
    """A message to a customer, sent or drafted.

    Attributes:
        content: the text.
        channel: the channel.
        reply_or_not: whether the customer answered.
        message_id: your id for the message; by default 32 random hex digits.
        send_timestamp: the time it was sent, with a time zone, or text in ISO 8601; by default the current time.
    """

    content: str
    channel: Channel | str
    reply_or_not: bool = False
    message_id: str = field(factory=lambda: uuid.uuid4().hex)
    send_timestamp: datetime | str = field(factory=lambda: datetime.now(UTC))


@model
class Warning:
    """A warning about an optimized message; ``rule`` is a name such as ``sms_length``."""

    rule: str
    detail: str


@model
class OptimizedMessage(Subscriptable):
    """An optimized message.

    Attributes:
        message_id: the id to use in feedback.
        optimized_message: the text to send.
        recommended_channel: the channel to use.
        original_message: the draft.
        warnings: the warnings about the text.
        recommended_send_at: the best time to send it; None if there is too little history.
        inferred_send_at: the time suggested by the language model.
        message_type: the steps in the request.
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
    """An optimized message of the older operation."""

    content: str
    channel: Channel
    message_id: str


@model
class ProcessedMessage(Subscriptable):
    """The reply of the older operation; ``candidate_message`` is the message to send."""

    company: str
    customer_id: str
    candidate_message: ProcessedCandidate


@model
class MessageFeedback:
    """Feedback on a message. Several entries for one message form a history.

    Attributes:
        message_id: the id of the `OptimizedMessage`.
        customer_responded: whether the customer answered.
        timezone: the customer's time zone, an IANA name such as ``"America/New_York"``.
        score: the rating of the message; None leaves it unscored. For messages of the older operation it is a number
            from 0 to 100.
        actual_sent_message: the text that was sent, if it was changed.
        positive_rewards: the steps that the customer took.
        send_timestamp: the time the message was sent.
        reply_timestamp: the time the customer answered.
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
    """A stored feedback entry. ``score`` is a number for messages of the older operation."""

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
    """The stored feedback of a bulk call; the server accepts the whole list or nothing."""

    success: bool
    count: int
    feedback: list[FeedbackItem]
