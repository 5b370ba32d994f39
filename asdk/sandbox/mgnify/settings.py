"""Settings of an MGnify server, read on each use. Tests may change them while the server runs."""

import attrs


@attrs.define(kw_only=True)
class MGnifySettings:
    """Behavior of the server. The defaults are those of the public one."""

    token_lifetime: float = 24 * 3600.0
    """Seconds in which a sliding token can be used, from login or from its last refresh. Below 60, its times have
    fractions.
    """
    refresh_window: float = 24 * 3600.0
    """Seconds in which it can be refreshed, always counted from the login."""
    ena_reachable: bool = True
    """False: the archive that checks passwords does not answer; logins fail as if the password were wrong."""
    page_size: int = 100
    """Items on a page by default, and the maximum: a larger size is silently reduced."""
    failing_pages: dict[int, int] = attrs.field(factory=dict[int, int])
    """Statuses by page number: ``{3: 503}`` breaks every third page, in whichever order the pages are fetched."""
    studies: int = 230
    """Number of public studies, each with its samples, runs and files; applies when the data is first used."""
    link_lifetime: float = 3600.0
    """Lifetime of the link to a private file, in seconds."""
    files_host: str | None = None
    """Host name in links to files, such as ``localhost``, which makes them another origin than the API's. None: the
    host of the request.
    """
    accept_ranges: bool = True
    """Whether files support range requests."""
    search_time: float = 0.0
    """Duration of a gather search in seconds: half of it queued, the rest running."""
    search_backend: str = "up"
    """``up``, ``failing`` (searches answer 502) or ``down`` (503)."""
