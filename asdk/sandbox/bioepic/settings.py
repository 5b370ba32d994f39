"""Settings of a BioEPIC server, read on each use. Tests may change them while the server runs."""

from enum import Enum

import attrs


class TokenShape(Enum):
    """Form in which a reply states the lifetime of a token."""

    SECONDS = "seconds"
    """``"expires_in": 3600``"""
    TEXT = "text"
    """``"expires_in": "3600"``"""
    UNITS = "units"
    """``"expires": {"days": 0, "hours": 1, "minutes": 0}``, as in the sister service NMDC."""
    UNSAID = "unsaid"


class ListShape(Enum):
    """Form in which a reply wraps a page of a collection."""

    RESULTS = "results"
    RESOURCES = "resources"
    """As in NMDC."""
    MISSING = "missing"
    """Without the list."""
    NULL = "null"
    ARRAY = "array"
    """As the bare list."""


@attrs.define(kw_only=True)
class BioEPICSettings:
    """Behavior of the server. No real one was ever published: the defaults follow its client, else NMDC."""

    token_lifetime: float = 3600.0
    """Lifetime of an access token in seconds."""
    token_shape: TokenShape = TokenShape.SECONDS
    require_auth: bool = False
    """True: collections need a bearer token. The vendor's package sends none, so reading is open by default."""
    list_shape: ListShape = ListShape.RESULTS
    page_size: int = 20
    """Records on a page if the request names no size."""
    single_use_page_tokens: bool = True
    """A page token is rejected after its first use."""
    repeat_page_token: bool = False
    """True: the server always names the page that it just returned as the next one."""
    samples: int = 260
    """Number of samples; applies when the records are first used."""
