"""`DeviceCode`: a person confirms in a browser, on whatever machine, and this program gets the token.

For terminals and notebooks, where a password should not be typed. The code that is shown stands in no log.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import attrs

from asdk.auth.credentials.base import send_token_request, token_error
from asdk.auth.credentials.oauth import ClientAuth, OAuthCredential, Parameters, Scopes, endpoint_url
from asdk.auth.credentials.secrets import SecretSource, closed
from asdk.auth.identity import Identity
from asdk.auth.token import Token, read_lifetime
from asdk.clock import Clock
from asdk.errors import AsdkError, ConfigurationError, TokenError, TokenUnavailableError
from asdk.http.response import Response
from asdk.secret import Secret
from asdk.transports.base import Handler

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

# Seconds between two questions where the server does not say, and how many more after each ``slow_down``.
_INTERVAL = 5.0
_SLOWER = 5.0

# Seconds for which a code is believed to be good where the server does not say; it has to.
_LIFE = 900.0


@attrs.frozen
class DeviceInstructions:
    """What a person has to be told.

    Attributes:
        verification_uri: the page to open.
        user_code: what to enter there.
        verification_uri_complete: the same page with the code in it, if the server has one: for a link or a QR code.
        expires_in: for how many seconds the code is good.
    """

    verification_uri: str
    user_code: Secret
    verification_uri_complete: Secret | None
    expires_in: float


def print_instructions(instructions: DeviceInstructions) -> None:
    """Print them, for a terminal or a notebook."""
    minutes = max(1, round(instructions.expires_in / 60))
    print(  # noqa: T201 - that is its purpose
        f"To sign in, open {instructions.verification_uri} within {minutes} min "
        f"and enter the code {instructions.user_code.reveal()}",
        flush=True,
    )
    if instructions.verification_uri_complete is not None:
        print(f"or open {instructions.verification_uri_complete.reveal()}", flush=True)  # noqa: T201


@attrs.frozen
class _Offer:
    instructions: DeviceInstructions
    device_code: Secret
    interval: float


class DeviceCode(OAuthCredential):
    """Shows a code that a person confirms in a browser, and asks for the token until then. Renews with the refresh
    token of the reply; shows another code if there is none, or if it is refused.

    Args:
        url: of the token endpoint.
        device_url: of the device authorization endpoint.
        client_id: of the application.
        client_secret: of the application; None for a public one.
        scopes: what the token shall be good for.
        parameters: further fields of each request.
        client_auth: ``"basic"`` sends the client's id and secret in ``Authorization``, ``"body"`` in the form.
        account: whose token it is, such as a user name. Without one the token stays in memory: a store could not tell
            two people apart.
        show: called with the instructions, at once; may be async.

    Raises:
        ConfigurationError: one of them cannot be used.

    Source: RFC 8628.
    """

    fetch_timeout = 1800.0

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
        account: str = "",
        show: Callable[[DeviceInstructions], object] = print_instructions,
    ) -> None:
        client_secret = None if client_secret is None else closed(client_secret)
        super().__init__(
            "device_code",
            url,
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            parameters=parameters,
            client_auth=client_auth,
        )
        if not client_id:
            raise ConfigurationError("the client_id is empty")
        self._device_url = endpoint_url("the device authorization endpoint", device_url)
        self._account = account
        self._show = show

    @property
    def identity(self) -> Identity | None:
        return self._identity(self._account) if self._account else None

    async def fetch(self, send: Handler) -> Token:
        response = await send_token_request(send, self._request(self._device_url, {"scope": self._scope}))
        offer, clock = _read_offer(response), response.request.clock
        del response  # its body has the codes in plain text, and the person may take minutes
        ends = clock.monotonic() + offer.instructions.expires_in
        shown = self._show(offer.instructions)
        if inspect.isawaitable(shown):
            await shown
        return await self._poll(send, offer, clock, ends)

    async def _poll(self, send: Handler, offer: _Offer, clock: Clock, ends: float) -> Token:
        """Ask until the person has decided (RFC 8628, section 3.5)."""
        fields = {"grant_type": _GRANT, "device_code": offer.device_code}
        interval = offer.interval
        while clock.monotonic() + interval < ends:
            await clock.sleep(interval)
            try:
                return await self._ask(send, fields)
            except TokenError as error:
                code, wait = error.code, error.retry_after or 0.0
                if code == "expired_token":
                    break
                if code == "slow_down":
                    interval += _SLOWER
                elif isinstance(error, TokenUnavailableError):  # the network, or a server in trouble
                    interval = max(interval * 2, wait)
                elif code != "authorization_pending":
                    raise
        raise TokenUnavailableError("nobody confirmed the code while it was good; the next call shows another one")

    async def refresh(self, token: Token, send: Handler) -> Token:
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
    """Section 3.2. Some servers call the page ``verification_url``, as a draft did."""
    data: dict[str, Any] = response.json()
    device_code, user_code = data.get("device_code"), data.get("user_code")
    page, complete = data.get("verification_uri") or data.get("verification_url"), data.get("verification_uri_complete")
    if not all(isinstance(part, str) and part for part in (device_code, user_code, page)):
        if isinstance(data.get("error"), str):
            return token_error(response.request, response)
        return TokenUnavailableError("the device authorization endpoint answered without a code or a page to open")
    instructions = DeviceInstructions(
        verification_uri=str(page),
        user_code=Secret(str(user_code)),
        verification_uri_complete=Secret(complete) if isinstance(complete, str) and complete else None,
        expires_in=read_lifetime(data) or _LIFE,
    )
    interval = read_lifetime({"expires_in": data.get("interval")}) or _INTERVAL
    return _Offer(instructions, Secret(str(device_code)), interval)
