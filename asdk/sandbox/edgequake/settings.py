"""Settings of an EdgeQuake server, read on each use. Tests may change them while the server runs."""

import attrs

DEFAULT_USER_ID = "00000000-0000-0000-0000-000000000001"
DEFAULT_TENANT_ID = "00000000-0000-0000-0000-000000000002"
DEFAULT_WORKSPACE_ID = "00000000-0000-0000-0000-000000000003"


@attrs.frozen
class RateLimit:
    """Requests allowed per tenant in each window, and the length of the window in seconds."""

    requests: int = 100
    per_seconds: float = 60.0


@attrs.define(kw_only=True)
class EdgeQuakeSettings:
    """Behavior of the server. The defaults are the documented ones, with authentication enabled."""

    token_lifetime: float = 24 * 3600.0
    """Lifetime of an access token in seconds. Below 60, its times have fractions."""
    refresh_token_lifetime: float = 30 * 24 * 3600.0
    lockout_threshold: int = 5
    """Failed logins after which an account is locked."""
    lockout_duration: float = 15 * 60.0
    auth_enabled: bool = True
    """False: no login is needed, and every caller is an administrator."""
    static_api_key: str | None = None
    """Key from the server's own configuration, with all permissions."""
    allow_registration: bool = False
    """True: ``POST /users`` needs no login and creates ordinary users."""
    oidc_enabled: bool = True
    """False: there is no identity provider to log in at."""
    oidc_success_url: str | None = None
    """Page that receives the tokens of such a login, instead of a reply."""
    strict: bool = False
    """True: replies contain exactly the server's keys. False: also the names that the vendor's package expects."""
    processing_time: float = 0.0
    """Seconds from upload to completion: a fifth of it pending, the rest processing."""
    stream_interval: float = 0.0
    """Seconds between the tokens of a streamed answer."""
    keep_alive_interval: float = 15.0
    """Seconds between the comments that keep a quiet stream alive."""
    rate_limit: RateLimit | None = None
    max_upload_bytes: int = 50 * 1024 * 1024
    """Larger bodies get 413; read when the server starts."""
