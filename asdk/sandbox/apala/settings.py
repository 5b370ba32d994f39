"""Settings of an Apala server. Tests may change all of them while the server runs."""

import attrs


@attrs.define(kw_only=True)
class ApalaSettings:
    """Behavior of the server. The defaults are a lender's account with every feature enabled."""

    token_lifetime: float = 3600.0
    """Lifetime of an access token in seconds; replies round it up to whole seconds."""
    refresh_token_lifetime: float = 30 * 24 * 3600.0
    rotate_refresh_tokens: bool = False
    """Whether each refresh returns a new refresh token. A token that is used twice then revokes its whole family."""
    paf_provisioned: bool = True
    """False: the pre-approval flow answers 503, as on an account that is not set up yet."""
    paf_channels: frozenset[str] = frozenset({"sms", "email"})
    """Channels that the account may send pre-approval messages on."""
