"""How a BioEPIC server behaves; every part of it reads these, and a test may change them while it runs."""

from enum import Enum

import attrs


class TokenShape(Enum):
    """How the life of a token is said."""

    SECONDS = "seconds"
    """``"expires_in": 3600``"""
    TEXT = "text"
    """``"expires_in": "3600"``"""
    UNITS = "units"
    """``"expires": {"days": 0, "hours": 1, "minutes": 0}``, as the sister service NMDC has it."""
    UNSAID = "unsaid"


class ListShape(Enum):
    """How a page of a collection is wrapped."""

    RESULTS = "results"
    RESOURCES = "resources"
    """As NMDC wraps it."""
    MISSING = "missing"
    """The list is left out."""
    NULL = "null"
    ARRAY = "array"
    """The bare list."""


@attrs.define(kw_only=True)
class BioEPICSettings:
    """No real server was ever published: these follow what its client expects, and NMDC where that says nothing."""

    token_lifetime: float = 3600.0
    """Seconds an access token lives."""
    token_shape: TokenShape = TokenShape.SECONDS
    require_auth: bool = False
    """True: collections want a bearer. The vendor's package sends none, so everybody may read unless this is set."""
    list_shape: ListShape = ListShape.RESULTS
    page_size: int = 20
    """Records on a page when a request does not say."""
    single_use_page_tokens: bool = True
    """A page token that was used is refused from then on."""
    repeat_page_token: bool = False
    """True: the server always names the page that it just gave as the next one."""
    samples: int = 260
    """How many samples there are; read when the records are first looked at."""
