"""`Apala`: the client of the Apala message API, its settings, its token, and its operations on messages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from typing_extensions import Unpack

from asdk.auth import Credential, NoCredential, Token
from asdk.client.base import BaseClient
from asdk.client.options import ClientOptions
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
from asdk.config import Config
from asdk.errors import ConfigurationError, InvalidRequestError, StatusError
from asdk.http.options import CallOptions, merge_options
from asdk.http.response import Response
from asdk.resources import resource
from asdk.secret import Secret


class Apala(BaseClient):
    """A client of an Apala server: better messages to borrowers, and feedback on what became of them.

    Settings that are not passed are looked for as ``APALA_...`` in the environment and in ``./.env``: base URL, API
    key, company (``APALA_COMPANY_GUID``), customer (``APALA_CUSTOMER_ID``), timeout.

    Args:
        api_key: exchanged for a token when the first call needs one, and again when no refresh helps.
        company_guid: the UUID of the company that messages are sent for; left out, the one that the key belongs to.
        customer_id: the UUID of a customer, for calls that name none.
        options: what every client takes, see `ClientOptions`.

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

    paf = resource(Paf)

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
            raise ConfigurationError("give auth=, or api_key=, not both")
        super().__init__(**options)

    # --- the token ----------------------------------------------------------------------------------------------------

    @property
    def access_token(self) -> Secret | None:
        """The token that calls carry now; None if there is none yet, or it is about to be renewed."""
        token = self._current()
        return None if token is None else token.value

    @property
    def refresh_token(self) -> Secret | None:
        """What buys the next access token; None while `access_token` is, or if the server gave none."""
        token = self._current()
        return None if token is None else token.refresh_token

    @property
    def token_expires_at(self) -> float | None:
        """The moment from which on the token is renewed, in epoch seconds: 60 s before its end, sooner for a short one.

        None if there is no token yet, or it does not expire.
        """
        token = self._current()
        if token is None or token.expires_at is None or token.lifetime is None:
            return None
        return token.expires_at - min(ApalaKeyExchange.refresh_before, 0.1 * token.lifetime)

    async def authenticate(self) -> AuthResult:
        """Exchange the key for a new token, and say whose it is. Calls do this by themselves when they have to.

        Returns:
            The token with the seconds that it lives, and the company that the key belongs to. Who asks while an
            exchange is under way shares its token.

        Raises:
            InvalidApiKeyError: Apala does not know the key, or has revoked it.
            KeyNotPermittedError: the key may not use this API.
            TokenUnavailableError: the server could not be asked, or asked to wait.

        Source: Apala API, ``POST /api/auth/token``.
        """
        token = await self._log_in()
        return AuthResult(
            access_token=token.value,
            expires_in=self._seconds_left(token),
            refresh_token=token.refresh_token,
            token_type=token.scheme,
            company_id=_text(token, "company_id"),
            company_name=_text(token, "company_name"),
        )

    async def refresh_access_token(self) -> RefreshResult:
        """Renew the token before its time; calls renew it by themselves when it is time.

        Returns:
            The next token. Who asks while a renewal is under way shares it; without a token the key is exchanged.

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
        """Ask for a better text, a channel and a time for a message.

        Args:
            message_history: what the customer was sent before, oldest first.
            candidate_message: the draft; of a `Message` only the text counts.
            timezone: of the customer, an IANA name such as ``"America/New_York"``.
            customer_id: a UUID of yours; left out, the client's.
            company_guid: the UUID of the company; left out, the client's, else the one that the key belongs to.
            metadata: what is known of the customer.
            message_type: the steps that the customer is at, or the one.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The text to send, how and when. Keep ``message_id``: feedback names it.

        Raises:
            InvalidRequestError: an id is missing or no UUID, or there is no such channel, time zone, kind or bin;
                nothing was sent.
            BadRequestError: the server refuses a value.
            PermissionDeniedError: the key belongs to another company.

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
        """Say what became of a message. Each call adds an entry: it is repeated only where it surely did not arrive.

        Args:
            message_id: of the `OptimizedMessage`.
            customer_responded: whether the customer answered.
            timezone: of the customer, an IANA name.
            score: ``"good"``, ``"bad"`` or ``"neutral"``; left out, it does not count.
            actual_sent_message: the text that was sent, where it was changed.
            positive_rewards: the steps that the customer took.
            send_timestamp: when it was sent, with a time zone.
            reply_timestamp: when the customer answered, with a time zone.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: there is no such score, step or time zone; nothing was sent.
            BadRequestError: the server refuses a value.
            NotFoundError: this company has no such message.

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
        """Say what became of many messages, in one request. The server takes all of it or nothing.

        Args:
            feedback: entries, as models or with the same names as dicts.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: an entry misses something, or has what the server does not take; nothing was sent.
            BadRequestError: the server refuses an entry; none was kept.
            NotFoundError: an entry is about a message that this company does not have; none was kept.

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
        """Ask for a better message in the way of the guide and of the vendor's 1.0 packages. Newer: `optimize_message`.

        Args:
            message_history: what the customer was sent before, oldest first.
            candidate_message: the draft; the reply keeps its id.
            zip_code: of the customer, five digits.
            customer_id: as `optimize_message`.
            company_guid: as `optimize_message`.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: an id is missing or no UUID, the zip code has not five digits, or there is no such
                channel; nothing was sent.
            BadRequestError: the server refuses a value.
            NotFoundError: this server has the newer operation only.

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
        """`submit_feedback_bulk`, by the name of the 1.0 packages; entries have no time zone, and scores from 0 to 100.

        Args:
            feedback: as there.
            options: as there.

        Raises:
            As there.

        Source: Apala API, ``POST /api/feedback/bulk``.
        """
        return await self._submit_bulk([feedback_body(entry, needed=()) for entry in feedback], options)

    async def close(self) -> None:
        """`aclose`, by the name that the guide uses."""
        await self.aclose()

    def describe_error(self, data: Any) -> tuple[str | None, str | None]:
        """Compliance errors may come with any code, or with none: what names them is what they list."""
        code, message = super().describe_error(data)
        violations = read_violations(data)
        if not violations:
            return code, message
        checks = ", ".join(violation.check for violation in violations)
        known = code if code in self.error_codes else "compliance_failed"
        return known, f"{message or 'the template breaks compliance rules'} ({checks})"

    def status_error(self, response: Response) -> StatusError:
        return advise(super().status_error(response))

    # --- helpers ------------------------------------------------------------------------------------------------------

    def _current(self) -> Token | None:
        source = self._core.source
        return None if source is None else source.peek()

    async def _log_in(self) -> Token:
        source = self.token_source
        if source is None:
            return await self.get_token()  # it says that there is none
        return await source.refresh(self._core.send, log_in=True, within=self._options.timeout.total)

    async def _submit_bulk(self, entries: Sequence[Mapping[str, object]], options: CallOptions) -> BulkFeedbackResult:
        body = {"feedback": entries}
        return await self.request("POST", "/api/feedback/bulk", json=body, model=BulkFeedbackResult, **options)

    def _seconds_left(self, token: Token) -> int | None:
        return None if token.expires_at is None else max(0, math.ceil(token.expires_at - self._clock.time()))

    def _customer(self, given: str | UUID | None) -> str:
        customer_id = given or self._customer_id
        if customer_id is None:
            raise InvalidRequestError("no customer: pass customer_id=, or set APALA_CUSTOMER_ID")
        return checked_uuid("customer_id", customer_id)

    async def _company(self, given: str | UUID | None, options: CallOptions) -> str:
        company, source = given or self._company_guid, self.token_source
        if company is not None:
            return checked_uuid("company_guid", company)
        if source is not None:
            within = merge_options(self._options, options).timeout.total
            company = _text(source.peek() or await source.get(self._core.send, within=within), "company_id")
        if company is None:
            raise InvalidRequestError("no company: pass company_guid=, or set APALA_COMPANY_GUID")
        return company


def _credential(config: Config, base_url: str, api_key: Secret | None) -> Credential:
    if api_key is None:
        return NoCredential(
            f"Apala has no API key: looked for {config.looked_for('api_key')}; pass api_key=, or auth=None for none"
        )
    return ApalaKeyExchange(base_url, api_key, place=f"api_key ({config.origin('api_key')})")


def _text(token: Token, name: str) -> str | None:
    value = token.claims.get(name)
    return value if isinstance(value, str) else None
