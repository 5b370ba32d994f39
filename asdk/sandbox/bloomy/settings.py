"""Settings of a Bloom Growth server. Tests may change all of them while the server runs."""

import attrs


@attrs.define(kw_only=True)
class BloomySettings:
    """Behavior of the server. The defaults are those of the real server, as far as they are known."""

    token_lifetime: float = 1_209_599.0
    """Lifetime in seconds of a key that a password bought: two weeks less a second. The seeded keys do not expire."""
    lockout_threshold: int = 5
    """Wrong passwords after which an account is locked."""
    lockout_duration: float = 15 * 60.0
    refused_attendees: frozenset[int] = frozenset()
    """Users that cannot be added to a meeting: the reply is a 403."""
    null_targets: bool = False
    """True: measurables have no target."""
