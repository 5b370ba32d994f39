"""`Apala`: the client for the Apala message API, with its settings, token and message operations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from typing_extensions import Unpack

from asdk import (
    UNSET,
    BaseClient,
    CallOptions,
    ClientOptions,
    Config,
    ConfigurationError,
    InvalidRequestError,
    Response,
    Secret,
    StatusError,
    resource,
)
from asdk.auth import Credential, NoCredential, Token
from asdk.client import ResourceAttribute
from asdk.clients.apala.bodies import feedback_body, message_body, metadata_body
from asdk.clients.apala.checks import checked_timezone, checked_uuid, checked_zip_code
from asdk.clients.apala.checks import message_type as name_of_type
from asdk.clients.apala.credentials import ApalaKeyExchange
from asdk.clients.apala.errors import (
    ChannelNotAllowedError,
    ComplianceError,
    DuplicateLabelError,
    GroupRetiredError,
    NotProvisionedError,
    advise,
    read_violations,
)
from asdk.clients.apala.models.auth import AuthResult, RefreshResult
from asdk.clients.apala.models.customers import CustomerMetadata
from asdk.clients.apala.models.messages import (
    BulkFeedbackResult,
    FeedbackItem,
    Message,
    MessageFeedback,
    MessageType,
    OptimizedMessage,
    ProcessedMessage,
    Score,
)
from asdk.clients.apala.resources import Paf
from asdk.models import JsonValue


class Apala(BaseClient):
    """A client for an Apala server, which optimizes messages to borrowers and collects feedback on them.

    Settings that are not passed are read from ``APALA_...`` variables in the environment and in ``./.env``: base URL,
    API key, company (``APALA_COMPANY_GUID``), customer (``APALA_CUSTOMER_ID``) and timeout.

    Args:
        api_key: the API key. It is exchanged for a token on the first call, and again when the token cannot be
            refreshed.
        company_guid: the UUID of the company that sends the messages; by default the company of the API key.
        customer_id: the UUID of the default customer, for calls without a ``customer_id``.
        options: options of every client, see `ClientOptions`.

    Source: Apala API, as of the vendor's package 3.0.0.
    """

    base_url = "http://localhost:4000"
    env_prefix = "APALA"
    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {
        "not_provisioned": NotProvisionedError,
        "no_slots_configured": NotProvisionedError,
        "compliance_failed": ComplianceError,
        "duplicate_label": DuplicateLabelError,
        "group_retired": GroupRetiredError,
        "channel_not_allowed": ChannelNotAllowedError,
    }

    paf: ResourceAttribute[Paf] = resource(Paf)

    def __init__(
        self,
        api_key: str | Secret | None = None,
        *,
        company_guid: str | None = None,
        customer_id: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        config = self.config_for(options)
        base_url = config.get("base_url", options.get("base_url"), default=type(self).base_url) or ""
        self._company_guid = config.identifier("company_guid", company_guid)
        self._customer_id = config.identifier("customer_id", customer_id)
        if "auth" not in options:
            options["auth"] = _credential(config, base_url, config.secret("api_key", api_key))
        elif api_key:
            raise ConfigurationError("auth cannot be combined with api_key; pass one of them")
        super().__init__(**options)

    # --- the token ----------------------------------------------------------------------------------------------------

    @property
    def access_token(self) -> Secret | None:
        """Return the current access token; None before the first call, or when the token is due for a refresh."""
        token = self._current()
        return None if token is None else token.value

    @property
    def refresh_token(self) -> Secret | None:
        """Return the refresh token; None without an access token, or if the server did not issue one."""
        token = self._current()
        return None if token is None else token.refresh_token

    @property
    def token_expires_at(self) -> float | None:
        """Return the time at which the token is refreshed, in epoch seconds; None without a token or an expiry.

        This is 60 seconds before the token expires, or a tenth of its lifetime before if that is shorter.
        """
        token = self._current()
        if token is None or token.expires_at is None or token.lifetime is None:
            return None
        return token.expires_at - min(ApalaKeyExchange.refresh_before, 0.1 * token.lifetime)

    async def authenticate(self) -> AuthResult:
        """Exchange the API key for a new token and return it with its company. Calls do this when necessary.

        Concurrent callers share one exchange.

        Returns:
            The token, its remaining lifetime in seconds, and the company of the key.

        Raises:
            InvalidApiKeyError: the API key is unknown or revoked.
            KeyNotPermittedError: the API key may not use this API.
            TokenUnavailableError: the server could not be reached, or asked the client to wait.

        Source: Apala API, ``POST /api/auth/token``.
        """
        token = await self.get_token(login=True)
        return AuthResult(
            access_token=token.value,
            expires_in=self._seconds_left(token),
            refresh_token=token.refresh_token,
            token_type=token.scheme,
            company_id=_text(token, "company_id"),
            company_name=_text(token, "company_name"),
        )

    async def refresh_access_token(self) -> RefreshResult:
        """Refresh the token now. Calls refresh it when necessary.

        Concurrent callers share one refresh. Without a token, the API key is exchanged.

        Returns:
            The new token.

        Raises:
            As `authenticate`.

        Source: Apala API, ``POST /api/auth/refresh``.
        """
        token = await self.get_token(refresh=True)
        return RefreshResult(access_token=token.value, expires_in=self._seconds_left(token))

    # --- messages -----------------------------------------------------------------------------------------------------

    async def optimize_message(
        self,
        message_history: Iterable[Message | Mapping[str, object]],
        candidate_message: Message | str,
        *,
        timezone: str,
        customer_id: str | UUID | None = None,
        company_guid: str | UUID | None = None,
        metadata: CustomerMetadata | Mapping[str, object] | None = None,
        message_type: Iterable[MessageType | str] | None = None,
        **options: Unpack[CallOptions],
    ) -> OptimizedMessage:
        """Optimize a message: get a better text, a channel and a time to send it.

        Args:
            message_history: earlier messages to the customer, oldest first.
            candidate_message: the draft; only the text of a `Message` is used.
            timezone: the customer's time zone, an IANA name such as ``"America/New_York"``.
            customer_id: your UUID of the customer; by default the client's ``customer_id``.
            company_guid: the UUID of the company; by default the client's, otherwise the company of the API key.
            metadata: facts about the customer.
            message_type: the customer's current step, or several.
            options: per-call options, see `CallOptions`.

        Returns:
            The text to send, the channel and the time. Keep ``message_id`` for the feedback.

        Raises:
            InvalidRequestError: an id is missing or not a UUID, or the channel, time zone, message type or bin is
                unknown; nothing was sent.
            BadRequestError: the server rejects a value.
            PermissionDeniedError: the API key belongs to another company.

        Source: Apala API, ``POST /api/message_optimizer``.
        """
        text = candidate_message if isinstance(candidate_message, str) else candidate_message.content
        kinds = [message_type] if isinstance(message_type, str) else message_type or ()
        body = {
            **metadata_body(metadata),
            "customer_id": self._customer(customer_id),
            "timezone": checked_timezone(timezone),
            "messages": [message_body(message) for message in message_history],
            "candidate_message": text,
            "message_type": [name_of_type(kind) for kind in kinds],
            "company": await self._company(company_guid, options),
        }
        return await self.request("POST", "/api/message_optimizer", json=body, model=OptimizedMessage, **options)

    async def submit_single_feedback(
        self,
        message_id: str,
        customer_responded: bool,
        *,
        timezone: str,
        score: Score | str | None = None,
        actual_sent_message: str | None = None,
        positive_rewards: Sequence[MessageType | str] | None = None,
        send_timestamp: datetime | None = None,
        reply_timestamp: datetime | None = None,
        **options: Unpack[CallOptions],
    ) -> FeedbackItem:
        """Submit feedback on a message.

        Each call adds an entry, so it is retried only if the request certainly did not reach the server.

        Args:
            message_id: the id of the `OptimizedMessage`.
            customer_responded: whether the customer answered.
            timezone: the customer's time zone, an IANA name.
            score: ``"good"``, ``"bad"`` or ``"neutral"``; None leaves the message unscored.
            actual_sent_message: the text that was sent, if it was changed.
            positive_rewards: the steps that the customer took.
            send_timestamp: the time the message was sent, with a time zone.
            reply_timestamp: the time the customer answered, with a time zone.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: the score, step or time zone is unknown; nothing was sent.
            BadRequestError: the server rejects a value.
            NotFoundError: the company has no message with this id.

        Source: Apala API, ``POST /api/feedback``.
        """
        feedback = MessageFeedback(
            message_id=message_id,
            customer_responded=customer_responded,
            timezone=timezone,
            score=score,
            actual_sent_message=actual_sent_message,
            positive_rewards=positive_rewards or (),
            send_timestamp=send_timestamp,
            reply_timestamp=reply_timestamp,
        )
        return await self.request("POST", "/api/feedback", json=feedback_body(feedback), model=FeedbackItem, **options)

    async def submit_feedback_bulk(
        self, feedback: Iterable[MessageFeedback | Mapping[str, object]], **options: Unpack[CallOptions]
    ) -> BulkFeedbackResult:
        """Submit feedback on many messages in one request. The server accepts all of it or none.

        Args:
            feedback: the entries, as models or as dicts of their fields.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: an entry is incomplete or invalid; nothing was sent.
            BadRequestError: the server rejects an entry; none was stored.
            NotFoundError: the company has no message with the id of an entry; none was stored.

        Source: Apala API, ``POST /api/feedback/bulk``.
        """
        return await self._submit_bulk([feedback_body(entry) for entry in feedback], options)

    # --- the older operations -----------------------------------------------------------------------------------------

    async def message_process(
        self,
        message_history: Iterable[Message | Mapping[str, object]],
        candidate_message: Message | Mapping[str, object],
        *,
        zip_code: str,
        customer_id: str | UUID | None = None,
        company_guid: str | UUID | None = None,
        **options: Unpack[CallOptions],
    ) -> ProcessedMessage:
        """Optimize a message as the guide and the vendor's 1.0 packages do. Newer: `optimize_message`.

        Args:
            message_history: earlier messages to the customer, oldest first.
            candidate_message: the draft; the reply has the same id.
            zip_code: the customer's ZIP code, five digits.
            customer_id: see `optimize_message`.
            company_guid: see `optimize_message`.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: an id is missing or not a UUID, the ZIP code does not have five digits, or the channel
                is unknown; nothing was sent.
            BadRequestError: the server rejects a value.
            NotFoundError: this server has only the newer operation.

        Source: Apala API, ``POST /api/message_processing``.
        """
        body = {
            "customer_id": self._customer(customer_id),
            "zip_code": checked_zip_code(zip_code),
            "messages": [message_body(message) for message in message_history],
            "candidate_message": message_body(candidate_message),
            "company": await self._company(company_guid, options),
        }
        return await self.request("POST", "/api/message_processing", json=body, model=ProcessedMessage, **options)

    async def message_feedback(
        self, feedback: Iterable[MessageFeedback | Mapping[str, object]], **options: Unpack[CallOptions]
    ) -> BulkFeedbackResult:
        """Submit feedback on many messages, under the name of the 1.0 packages; see `submit_feedback_bulk`.

        Entries need no time zone, and their scores are numbers from 0 to 100.

        Args:
            feedback: see `submit_feedback_bulk`.
            options: per-call options, see `CallOptions`.

        Raises:
            As `submit_feedback_bulk`.

        Source: Apala API, ``POST /api/feedback/bulk``.
        """
        return await self._submit_bulk([feedback_body(entry, needed=()) for entry in feedback], options)

    async def close(self) -> None:
        """Close the connections, under the name of the guide, whose programs use the client again afterwards."""
        async with self:
            pass

    def describe_error(self, data: JsonValue) -> tuple[str | None, str | None]:
        """Return an error's code and message. A list of violations identifies a compliance error, not the code."""
        code, message = super().describe_error(data)
        violations = read_violations(data)
        if not violations:
            return code, message
        checks = ", ".join(violation.check for violation in violations)
        known = code if code in self.error_codes else "compliance_failed"
        return known, f"{message or 'the template violates compliance rules'} ({checks})"

    def status_error(self, response: Response) -> StatusError:
        """Return the error for a response, with advice on what to do."""
        return advise(super().status_error(response))

    # --- helpers ------------------------------------------------------------------------------------------------------

    def _current(self) -> Token | None:
        source = self.token_source
        return None if source is None else source.peek()

    async def _submit_bulk(self, entries: Sequence[Mapping[str, object]], options: CallOptions) -> BulkFeedbackResult:
        body = {"feedback": entries}
        return await self.request("POST", "/api/feedback/bulk", json=body, model=BulkFeedbackResult, **options)

    def _seconds_left(self, token: Token) -> int | None:
        return None if token.expires_at is None else max(0, math.ceil(token.expires_at - self.clock.time()))

    def _customer(self, given: str | UUID | None) -> str:
        customer_id = given or self._customer_id
        if customer_id is None:
            raise InvalidRequestError("customer_id is missing: pass customer_id=, or set APALA_CUSTOMER_ID")
        return checked_uuid("customer_id", customer_id)

    async def _company(self, given: str | UUID | None, options: CallOptions) -> str:
        company = given or self._company_guid
        if company is not None:
            return checked_uuid("company_guid", company)
        if self.token_source is not None:
            company = _text(await self.get_token(timeout=options.get("timeout", UNSET)), "company_id")
        if company is None:
            raise InvalidRequestError("company_guid is missing: pass company_guid=, or set APALA_COMPANY_GUID")
        return company


def _credential(config: Config, base_url: str, api_key: Secret | None) -> Credential:
    if api_key is None:
        return NoCredential(
            f"no Apala API key in {config.looked_for('api_key')}; pass api_key=, or auth=None to send no credentials"
        )
    return ApalaKeyExchange(base_url, api_key, place=f"api_key ({config.origin('api_key')})")


def _text(token: Token, name: str) -> str | None:
    value = token.claims.get(name)
    return value if isinstance(value, str) else None
