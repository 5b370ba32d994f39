"""Errors of the BioEPIC client: failures to get a token.

AsdkError
├── ConfigurationError
│   └── MissingCredentialsError        no credentials are configured
├── TokenRefusedError
│   └── LoginRefusedError              the token endpoint rejected the request; also a RuntimeError
│       └── WrongCredentialsError      401: the credentials are wrong
└── TokenUnavailableError
    └── LoginUnavailableError          the token endpoint is unavailable; also a RuntimeError
"""

from __future__ import annotations

from asdk import ConfigurationError, TokenError, TokenRefusedError, TokenUnavailableError

#: The credential settings, for error messages.
HOW = (
    "client_id= and client_secret= (BIOEPIC_CLIENT_ID, BIOEPIC_CLIENT_SECRET), or username= and password= "
    "(BIOEPIC_USERNAME, BIOEPIC_PASSWORD)"
)


class MissingCredentialsError(ConfigurationError):
    """A token is required, but no credentials are configured. Nothing was sent."""


class LoginRefusedError(TokenRefusedError, RuntimeError):
    """The token endpoint rejected the request. Also a ``RuntimeError``, which the guide catches."""


class WrongCredentialsError(LoginRefusedError):
    """401: the application or person is unknown, or the secret is wrong. The same pair is not retried immediately."""


class LoginUnavailableError(TokenUnavailableError, RuntimeError):
    """The token endpoint failed or could not be reached; it may work later.

    Also a ``RuntimeError``, which the guide catches.
    """


def login_error(error: TokenError, hint: str | None = None) -> TokenError:
    """Convert a token error to an error of this module.

    Args:
        error: the token error.
        hint: advice for a rejected login.
    """
    if not isinstance(error, TokenRefusedError):
        return error.convert_to(LoginUnavailableError)
    return error.convert_to(WrongCredentialsError if is_wrong_pair(error) else LoginRefusedError, hint=hint)


def is_wrong_pair(error: TokenError) -> bool:
    """Return whether the server rejected the credentials rather than the request."""
    return error.status == 401 or error.code in {"invalid_client", "invalid_grant"}
