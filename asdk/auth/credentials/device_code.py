"""`DeviceCode`: a user confirms a code in a browser, on any device, and this program obtains the token.

For terminals and notebooks, where a password should not be typed. The code is never logged.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import attrs

from asdk.auth.credentials.base import send_token_request, token_error
from asdk.auth.credentials.oauth import ClientAuth, OAuthCredential, Parameters, Scopes, endpoint_url
from asdk.auth.credentials.secrets import SecretSource, mask_secret
from asdk.auth.identity import Identity
from asdk.auth.token import Token, read_lifetime
from asdk.clock import Clock
from asdk.errors import AsdkError, ConfigurationError, InvalidRequestError, TokenError, TokenUnavailableError
from asdk.http.response import Response
from asdk.http.urls import parse_url
from asdk.redaction import show
from asdk.secret import Secret
from asdk.transports.base import Handler

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

# Seconds between two polls if the server does not say, and the increase after each ``slow_down``.
_DEFAULT_INTERVAL = 5.0
_SLOW_DOWN = 5.0

# The maximum length of a code and of a link that are shown.
_CODE_LENGTH = 64
_LINK_LENGTH = 2000

# The lifetime of a code, in seconds, if the server does not say, though it must.
_DEFAULT_LIFETIME = 900.0


@attrs.frozen
class DeviceInstructions:
    """The instructions for the user.

    Attributes:
        verification_uri: the page to open.
        user_code: the code to enter there.
        verification_uri_complete: the URL of the page with the code in it, if the server has one: for a link or a QR
            code.
        expires_in: the lifetime of the code in seconds.
    """

    verification_uri: str
    user_code: Secret
    verification_uri_complete: Secret | None
    expires_in: float


def print_instructions(instructions: DeviceInstructions) -> None:
    """Print the instructions to a terminal or a notebook."""
    minutes = max(1, round(instructions.expires_in / 60))
    page = instructions.verification_uri if _is_link(instructions.verification_uri) else "the page of your provider"
    code = show(instructions.user_code.reveal(), None, limit=_CODE_LENGTH)
    page = show(page, None, limit=_LINK_LENGTH, keep_urls=True)
    print(f"To sign in, open {page} within {minutes} min and enter the code {code}", flush=True)  # noqa: T201
    complete = instructions.verification_uri_complete
    if complete is not None and _is_link(complete.reveal()):
        print(f"or open {show(complete.reveal(), None, limit=_LINK_LENGTH, keep_urls=True)}", flush=True)  # noqa: T201


def _is_link(url: str) -> bool:
    """Return whether a browser may be sent there: by http or https, and not to run a script."""
    try:
        parse_url(url)
    except InvalidRequestError:
        return False
    return True


@attrs.frozen
class _Offer:
    instructions: DeviceInstructions
    device_code: Secret
    interval: float


class DeviceCode(OAuthCredential):
    """The device authorization grant: a code that the user confirms in a browser while the token endpoint is polled.

    The token is refreshed by the refresh token of the response, or by another code if there is no refresh token or if
    it is refused.

    Args:
        url: the URL of the token endpoint.
        device_url: the URL of the device authorization endpoint.
        client_id: of the application.
        client_secret: of the application; None for a public client.
        scopes: the scopes to request.
        parameters: further form fields of each request.
        client_auth: ``"basic"`` sends the client's id and secret in ``Authorization``, ``"body"`` in the form.
        scheme: the word before the token in ``Authorization``; None for what the endpoint's ``token_type`` says.
        account: whose token it is, such as a user name. Without one the token is kept in memory: a store could not
            distinguish two users.
        show: called with the instructions immediately; may be async.

    Raises:
        ConfigurationError: an argument is invalid.

    Source: RFC 8628.
    """

    fetch_timeout: float = 1800.0

    def __init__(
        self,
        url: str,
        device_url: str,
        client_id: str,
        *,
        client_secret: SecretSource | None = None,
        scopes: Scopes = (),
        parameters: Parameters | None = None,
        client_auth: ClientAuth = "basic",
        scheme: str | None = None,
        account: str = "",
        show: Callable[[DeviceInstructions], object] = print_instructions,
    ) -> None:
        client_secret = None if client_secret is None else mask_secret(client_secret)
        super().__init__(
            "device_code",
            url,
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            parameters=parameters,
            client_auth=client_auth,
            scheme=scheme,
        )
        if not client_id:
            raise ConfigurationError("client_id must not be empty")
        self._device_url = endpoint_url("device_url", device_url)
        self._account = account
        self._show = show

    @property
    def identity(self) -> Identity | None:
        """Return whose token it is: the account's, or None without one."""
        return self._identity(self._account) if self._account else None

    async def fetch(self, send: Handler) -> Token:
        """Show a code and poll until the user has confirmed it."""
        response = await send_token_request(send, self._request(self._device_url, {"scope": self._scope}))
        offer, clock = _read_offer(response), response.request.clock
        del response  # its body contains the codes in plain text, and the user may take minutes
        expires_at = clock.monotonic() + offer.instructions.expires_in
        shown = self._show(offer.instructions)
        if inspect.isawaitable(shown):
            await shown
        return await self._poll(send, offer, clock, expires_at)

    async def _poll(self, send: Handler, offer: _Offer, clock: Clock, expires_at: float) -> Token:
        """Poll the token endpoint until the user has decided (RFC 8628, section 3.5)."""
        fields = {"grant_type": _GRANT, "device_code": offer.device_code}
        interval = offer.interval
        while clock.monotonic() + interval < expires_at:
            await clock.sleep(interval)
            try:
                return await self._ask(send, fields)
            except TokenError as error:
                code, wait = error.code, error.retry_after or 0.0
                if code == "expired_token":
                    break
                if code == "slow_down":
                    interval += _SLOW_DOWN
                elif isinstance(error, TokenUnavailableError):  # a network or server failure
                    interval = max(interval * 2, wait)
                elif code != "authorization_pending":
                    raise
        raise TokenUnavailableError("the device code expired before it was confirmed; the next call shows another one")

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Obtain the next token by the refresh token, or show another code without one."""
        if token.refresh_token is None:
            return await self.fetch(send)
        return await self._refresh(send, token.refresh_token)


def _read_offer(response: Response) -> _Offer:
    failure = _read_response(response)
    if isinstance(failure, _Offer):
        return failure
    try:
        raise failure
    finally:
        del failure


def _read_response(response: Response) -> _Offer | AsdkError:
    """Parse the response of section 3.2. Some servers name the page ``verification_url``, as a draft did."""
    data: dict[str, Any] = response.json()
    device_code, user_code = data.get("device_code"), data.get("user_code")
    page, complete = data.get("verification_uri") or data.get("verification_url"), data.get("verification_uri_complete")
    if not all(isinstance(part, str) and part for part in (device_code, user_code, page)):
        if isinstance(data.get("error"), str):
            return token_error(response.request, response)
        return TokenUnavailableError("the device authorization endpoint returned no code or no verification_uri")
    if not _is_link(str(page)):
        return TokenUnavailableError(
            "the device authorization endpoint must return a verification_uri that starts with https:// or http://"
        )
    instructions = DeviceInstructions(
        verification_uri=str(page),
        user_code=Secret(str(user_code)),
        verification_uri_complete=Secret(complete) if isinstance(complete, str) and _is_link(complete) else None,
        expires_in=read_lifetime(data) or _DEFAULT_LIFETIME,
    )
    interval = read_lifetime({"expires_in": data.get("interval")}) or _DEFAULT_INTERVAL
    return _Offer(instructions, Secret(str(device_code)), interval)
