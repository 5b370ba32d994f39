"""Which proxy a URL goes through, by hand or by the environment, and the credentials that are for its eyes only.

Used by the aiohttp transport, whose library would read ``.netrc`` too and show a proxy's password in its errors.
"""

from __future__ import annotations

import base64
import re
import urllib.request
from urllib.parse import urlsplit

from multidict import CIMultiDict
from yarl import URL

from asdk.errors import ConfigurationError
from asdk.secret import MaskedStr
from asdk.unset import UNSET, Unset

# For how many origins the answer is kept.
_KEPT = 512


class Proxies:
    """Which proxy a URL goes through. ``.netrc`` and aiohttp's ``trust_env`` stay out of it."""

    def __init__(self, proxy: str | Unset | None) -> None:
        self._fixed = None if isinstance(proxy, Unset) or proxy is None else Proxy(proxy)
        self._environment = urllib.request.getproxies() if isinstance(proxy, Unset) else {}
        self._known: dict[str, Proxy | None] = {}
        self.any = self._fixed is not None or bool(self._environment)

    def route(self, url: str, lines: CIMultiDict[str]) -> tuple[URL | None, CIMultiDict[str] | None, CIMultiDict[str]]:
        """The proxy for a URL, the fields for the proxy's own eyes, and those of the request."""
        proxy = self._fixed or self._find(url)
        if proxy is None or proxy.authorization is None:
            return None if proxy is None else proxy.url, None, lines
        if url.startswith("https:"):
            return proxy.url, CIMultiDict({"Proxy-Authorization": proxy.authorization}), lines
        lines = lines.copy()  # without a tunnel, the proxy reads the request itself
        lines["Proxy-Authorization"] = proxy.authorization
        return proxy.url, None, lines

    def _find(self, url: str) -> Proxy | None:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        known = self._known.get(origin, UNSET)  # several threads may be here
        if not isinstance(known, Unset):
            return known
        if len(self._known) >= _KEPT:
            self._known.clear()
        proxy = self._environment.get(parts.scheme) or self._environment.get("all")
        # An entry of NO_PROXY is a host, or a host with a port.
        hosts = (parts.hostname or "", parts.netloc)
        around = proxy is None or any(urllib.request.proxy_bypass(host) for host in hosts)
        found = self._known[origin] = None if proxy is None or around else Proxy(proxy)
        return found


class Proxy:
    """One proxy, its credentials kept out of the URL, which aiohttp shows in its errors.

    Raises:
        ConfigurationError: this is not the URL of an HTTP proxy. A call must not go around it unnoticed.
    """

    def __init__(self, proxy: str) -> None:
        try:
            url = URL(proxy if "://" in proxy else f"http://{proxy}")  # environments often leave the scheme out
        except ValueError:
            url = URL()
        if url.scheme not in {"http", "https"} or not url.host:
            shown = re.sub(r"[^/]*@", "", proxy)
            raise ConfigurationError(
                f"the proxy {shown!r} cannot be used: give the URL of an HTTP one, or None for none"
            )
        self.authorization: str | None = None
        if url.user is not None:
            credentials = f"{url.user}:{url.password or ''}".encode()
            self.authorization = MaskedStr(f"Basic {base64.b64encode(credentials).decode()}")
        self.url = url.with_user(None)
