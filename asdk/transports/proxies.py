"""The choice of a proxy for a URL, from a setting or the environment, and the credentials that only the proxy may see.

Used by the aiohttp transport. aiohttp itself would also read ``.netrc``, and would show a proxy's password in its
errors.
"""

from __future__ import annotations

import base64
import re
import urllib.request
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

from multidict import CIMultiDict
from yarl import URL

from asdk.errors import ConfigurationError
from asdk.http.addresses import AddressSpace, known_space, literal_address
from asdk.http.request import Request
from asdk.http.urls import Origin, origin_of, parse_url
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
        self._exceptions = NoProxy(self._environment.get("no", ""))
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

    def needs_proxy(self, url: str) -> bool:
        """Return whether requests for a URL go through a proxy."""
        return self.any and (self._fixed or self._find(url)) is not None

    def _find(self, url: str) -> Proxy | None:
        key = origin_of(url)
        known = self._known.get(key, UNSET)  # one lookup, since several threads may run this
        if not isinstance(known, Unset):
            return known
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        origin, _ = parse_url(url)
        proxy = self._environment.get(origin.scheme) or self._environment.get("all")
        # A proxy would look for the loopback address on its own machine, and would read a token in plain text.
        bypass = (
            proxy is None
            or known_space(origin.host) is AddressSpace.LOOPBACK
            or self._exceptions.contains(origin)
            or urllib.request.proxy_bypass(origin.host.strip("[]"))  # the settings of macOS and Windows
        )
        found = self._known[key] = None if proxy is None or bypass else Proxy(proxy)
        return found


class NoProxy:
    """The hosts that need no proxy, from ``NO_PROXY``.

    Entries are separated by commas or spaces: ``*`` for all hosts; a domain, which includes those under it, as
    ``example.org``, ``.example.org`` or ``*.example.org``; an address; a network, such as ``10.0.0.0/8``. Each may have
    a port.
    """

    def __init__(self, setting: str) -> None:
        self._all = False
        self._networks: list[tuple[IPv4Network | IPv6Network, int | None]] = []
        self._domains: list[tuple[str, int | None]] = []
        for entry in re.split(r"[,\s]+", setting.strip()):
            if entry == "*":
                self._all = True
            elif entry:
                self._add(entry.lower())

    def _add(self, entry: str) -> None:
        host, port = entry, None
        found = _WITH_PORT(entry)
        if found is not None:
            host, port = found[1], int(found[2])
        try:
            self._networks.append((ip_network(host.translate(_NO_BRACKETS), strict=False), port))
        except ValueError:
            self._domains.append((host.removeprefix("*").strip("."), port))

    def contains(self, origin: Origin) -> bool:
        """Return whether requests to an origin bypass the proxy."""
        if self._all:
            return True
        port, address = origin.port, literal_address(origin.host)
        if address is not None:
            mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
            addresses = [address] if mapped is None else [address, mapped]
            return any(
                one in network and wanted in (None, port)
                for one in addresses
                for network, wanted in self._networks
                if network.version == one.version
            )
        name = origin.host.rstrip(".")
        return any(
            wanted in (None, port) and domain and (name == domain or name.endswith(f".{domain}"))
            for domain, wanted in self._domains
        )


# A host or a bracketed address with a port. An IPv6 address without brackets has more colons.
_WITH_PORT = re.compile(r"([^:\[\]]+|\[[0-9a-f:.]+\]):([0-9]{1,5})").fullmatch
_NO_BRACKETS = str.maketrans("", "", "[]")


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
