"""BioEPIC's own errors: why there is no token.

AsdkError
├── ConfigurationError
│   └── MissingCredentialsError        there is nothing to get a token with
├── TokenRefusedError
│   └── LoginRefusedError              the token endpoint said no; also a RuntimeError
│       └── WrongCredentialsError      401: the pair is wrong
└── TokenUnavailableError
    └── LoginUnavailableError          it could not be asked; also a RuntimeError
"""

from __future__ import annotations

from asdk.errors import ConfigurationError, TokenError, TokenRefusedError, TokenUnavailableError

#: How to give a client credentials, for messages.
HOW = (
    "client_id= and client_secret= (BIOEPIC_CLIENT_ID, BIOEPIC_CLIENT_SECRET), or username= and password= "
    "(BIOEPIC_USERNAME, BIOEPIC_PASSWORD)"
)


class MissingCredentialsError(ConfigurationError):
    """A token is needed, and there is nothing to get one with. Nothing was sent."""


class LoginRefusedError(TokenRefusedError, RuntimeError):
    """The token endpoint refused the request. A ``RuntimeError``, as the guide catches it."""


class WrongCredentialsError(LoginRefusedError):
    """401: there is no application, or no person, with this pair. The same pair is not sent again at once."""


class LoginUnavailableError(TokenUnavailableError, RuntimeError):
    """The token endpoint failed or could not be reached; later it may answer. A ``RuntimeError``, as the guide
    catches it."""


def login_error(error: TokenError, hint: str | None = None) -> TokenError:
    """The same error as one of these.

    Args:
        error: why there is no token.
        hint: what to do about a refusal.
    """
    if not isinstance(error, TokenRefusedError):
        return error.convert_to(LoginUnavailableError)
    return error.convert_to(WrongCredentialsError if is_wrong_pair(error) else LoginRefusedError, hint=hint)


def is_wrong_pair(error: TokenError) -> bool:
    """Whether it is the pair that was refused, and not the request for it."""
    return error.status == 401 or error.code in {"invalid_client", "invalid_grant"}
