"""How an MGnify server behaves; every part of it reads these, and a test may change them while it runs."""

import attrs


@attrs.define(kw_only=True)
class MGnifySettings:
    """The defaults are those of the public server."""

    token_lifetime: float = 24 * 3600.0
    """Seconds in which a sliding token can be used, from login or from its last refresh; below 60 its times carry
    fractions."""
    refresh_window: float = 24 * 3600.0
    """Seconds in which it can be refreshed, always counted from the login."""
    ena_reachable: bool = True
    """False: the archive that knows the passwords does not answer; every login is refused as if it were wrong."""
    page_size: int = 100
    """Items on a page when a request does not say, and the most that a page ever has: more is cut without a word."""
    failing_pages: dict[int, int] = attrs.field(factory=dict[int, int])
    """Statuses by the number of a page: ``{3: 503}`` breaks every third page, in whatever order pages are fetched."""
    studies: int = 230
    """How many public studies there are, with all that hangs on them; read when the data is first looked at."""
    link_lifetime: float = 3600.0
    """Seconds for which the link to a private file is good."""
    files_host: str | None = None
    """Under which host name links to files point here, such as ``localhost``: another origin than the API's. None:
    the one that the request named."""
    accept_ranges: bool = True
    """Whether files can be had in parts."""
    search_time: float = 0.0
    """Seconds from the start of a gather search to its end; half of it queued, the rest running."""
    search_backend: str = "up"
    """``up``, ``failing`` (searches answer 502) or ``down`` (503)."""
