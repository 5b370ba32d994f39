"""The choice of a proxy for a URL, from a setting or the environment, and the credentials that only the proxy may see.

Used by the aiohttp transport. aiohttp itself would also read ``.netrc``, and would show a proxy's password in its
errors.
"""

from __future__ import annotations

import base64
import urllib.request
from typing import TypeAlias
from urllib.parse import urlsplit

from multidict import CIMultiDict
from yarl import URL

from asdk.errors import ConfigurationError
from asdk.http.request import Request
from asdk.redaction import mask_userinfo
from asdk.secret import MaskedStr
from asdk.unset import UNSET, Unset

_Fields: TypeAlias = CIMultiDict[str]

# For how many origins the choice is cached.
_CACHE_SIZE = 512


class Proxies:
    """The proxies of one transport. ``.netrc`` and aiohttp's ``trust_env`` are not used.

    Attributes:
        any: whether a URL may need a proxy at all.
    """

    def __init__(self, proxy: str | Unset | None) -> None:
        self._fixed = None if isinstance(proxy, Unset) or proxy is None else Proxy(proxy)
        self._environment = urllib.request.getproxies() if isinstance(proxy, Unset) else {}
        self._known: dict[str, Proxy | None] = {}
        self.any: bool = self._fixed is not None or bool(self._environment)

    def route(self, request: Request, headers: _Fields) -> tuple[_Fields, URL | None, _Fields | None]:
        """Return the header fields of the request, the proxy for its URL, and the header fields for the proxy alone."""
        proxy = self._fixed or self._find(request.url)
        if proxy is None or proxy.authorization is None:
            return headers, None if proxy is None else proxy.url, None
        request.state.proxy_authorization = proxy.authorization
        if request.url.startswith("https:"):
            return headers, proxy.url, CIMultiDict({"Proxy-Authorization": proxy.authorization})
        headers = headers.copy()  # without a tunnel, the proxy reads the request itself
        headers["Proxy-Authorization"] = proxy.authorization
        return headers, proxy.url, None

    def _find(self, url: str) -> Proxy | None:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        known = self._known.get(origin, UNSET)  # one lookup, since several threads may run this
        if not isinstance(known, Unset):
            return known
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        proxy = self._environment.get(parts.scheme) or self._environment.get("all")
        # An entry of NO_PROXY is a host, or a host with a port.
        hosts = (parts.hostname or "", parts.netloc)
        bypass = proxy is None or any(urllib.request.proxy_bypass(host) for host in hosts)
        found = self._known[origin] = None if proxy is None or bypass else Proxy(proxy)
        return found


class Proxy:
    """One proxy. Its credentials are kept out of the URL, which aiohttp shows in its errors.

    Raises:
        ConfigurationError: the value is not the URL of an HTTP proxy. A call must not bypass a proxy unnoticed.
    """

    def __init__(self, proxy: str) -> None:
        try:
            url = URL(proxy if "://" in proxy else f"http://{proxy}")  # environments often omit the scheme
        except ValueError:
            url = URL()
        if url.scheme not in {"http", "https"} or not url.host:
            raise ConfigurationError(f"proxy must be the URL of an HTTP proxy, or None, got {mask_userinfo(proxy)!r}")
        if "@" in url.raw_path_qs or "@" in url.raw_fragment:
            raise ConfigurationError(
                f"proxy must be a URL without '@' behind its host, got {mask_userinfo(proxy)!r}; in a user name or "
                "password, write '/' as %2F, '?' as %3F and '#' as %23"
            )
        self.authorization: str | None = None
        if url.user is not None:
            credentials = f"{url.user}:{url.password or ''}".encode()
            self.authorization = MaskedStr(f"Basic {base64.b64encode(credentials).decode()}")
        self.url: URL = url.with_user(None)
