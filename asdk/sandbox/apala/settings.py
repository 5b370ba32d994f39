"""How an Apala server behaves; a test may change all of it while the server runs."""

import attrs


@attrs.define(kw_only=True)
class ApalaSettings:
    """The defaults are those of a lender's account with everything switched on."""

    token_lifetime: float = 3600.0
    """Seconds an access token lives; replies say it in whole seconds, rounded up."""
    refresh_token_lifetime: float = 30 * 24 * 3600.0
    rotate_refresh_tokens: bool = False
    """True: each refresh brings the next refresh token, and one that comes a second time ends its whole family."""
    paf_provisioned: bool = True
    """False: the pre-approval flow answers 503, as on an account that waits for it."""
    paf_channels: frozenset[str] = frozenset({"sms", "email"})
    """The channels that the account may send pre-approval messages on."""
