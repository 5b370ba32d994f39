"""Names by which a sandbox may be addressed: loopback names, the address that it listens on, and names it was given.

Checked by the gate of each `ApiServer`. A page in a browser can have its own name resolve to 127.0.0.1 (DNS rebinding)
and then read what a local server replies; such a request carries the page's name in ``Host``.
"""

from collections.abc import Collection
from ipaddress import ip_address

from aiohttp import web

# Addresses on which a server listens to all networks, and can be reached by any address of the machine.
_ANY = {"0.0.0.0", "::", ""}


class AllowedHosts:
    def __init__(self, host: str, others: Collection[str] = ()) -> None:
        self._names = {_normal(name) for name in (host, *others)}
        self._any_address = host in _ANY

    def admit(self, request: web.Request) -> bool:
        """Return whether each ``Host`` of the request is allowed. Only clients that are no browsers send none."""
        return all(self._allows(_normal(_without_port(value))) for value in request.headers.getall("Host", []))

    def _allows(self, name: str) -> bool:
        if name in self._names or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self._any_address


def misdirected() -> web.Response:
    """Return the reply to a request that addresses another host (RFC 9110, section 15.5.20)."""
    text = "This sandbox is not that host. Allow the name with allowed_hosts=, or --allow-host on the command line.\n"
    return web.Response(status=421, text=text)


def _without_port(value: str) -> str:
    host, colon, port = value.strip().rpartition(":")
    return host if colon and port.isdecimal() and (host.endswith("]") or ":" not in host) else value.strip()


def _normal(name: str) -> str:
    return name.lower().removeprefix("[").removesuffix("]").removesuffix(".")
