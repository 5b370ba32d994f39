"""How a Bloom Growth server behaves; a test may change all of it while the server runs."""

import attrs


@attrs.define(kw_only=True)
class BloomySettings:
    """The defaults are those of the real server, as far as they are known."""

    token_lifetime: float = 1_209_599.0
    """Seconds that a key lives which the password bought: two weeks less a second. The seeded keys do not expire."""
    lockout_threshold: int = 5
    """Wrong passwords after which an account is locked."""
    lockout_duration: float = 15 * 60.0
    refused_attendees: frozenset[int] = frozenset()
    """Users whom nobody may add to a meeting: that is a 403."""
    null_targets: bool = False
    """True: measurables come without a target."""
