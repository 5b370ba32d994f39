"""Connections for URLs that a server chose, on real sockets with names that resolve as a test says."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asdk import AsdkError, ConnectError, InvalidRequestError
from tests.support.servers import RawExchange, RawServer, client_of

Names = dict[str, Callable[[], str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Resolve the names in this mapping to the address that their function returns."""
    known: Names = {}
    original = socket.getaddrinfo

    def resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        address = known[host]() if host in known else host
        return original(address, port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


async def test_a_download_from_a_name_that_resolves_nearer_sends_nothing(names: Names, tmp_path: Path) -> None:
    names["api.example.org"] = lambda: "203.0.113.1"
    names["files.example.net"] = lambda: "127.0.0.1"
    with RawServer() as inner, RawServer() as server:
        async with client_of(server, base_url="https://api.example.org") as client:
            with pytest.raises(InvalidRequestError, match=r"resolves to 127\.0\.0\.1, a loopback address"):
                await client.download(f"http://files.example.net:{inner.port}/x", to=tmp_path / "x")
        assert (inner.connections, inner.heads) == (0, [])


async def test_a_name_that_changes_after_the_check_sends_nothing(names: Names, tmp_path: Path) -> None:
    answers = iter(["203.0.113.9", *["127.0.0.1"] * 9])
    names["api.example.org"] = lambda: "203.0.113.1"
    names["files.example.net"] = lambda: next(answers)
    socket.getaddrinfo("files.example.net", 80)  # what a check of the name alone would see
    with RawServer() as inner, RawServer() as server:
        async with client_of(server, base_url="https://api.example.org") as client:
            with pytest.raises(InvalidRequestError, match="loopback"):
                await client.download(f"http://files.example.net:{inner.port}/x", to=tmp_path / "x")
        assert inner.heads == []


async def test_a_connection_of_the_pool_is_checked_again(names: Names, tmp_path: Path) -> None:
    names["api.example.org"] = lambda: "203.0.113.1"
    names["files.example.net"] = lambda: "127.0.0.1"
    with RawServer() as inner, RawServer() as server:
        async with client_of(server, base_url="https://api.example.org") as client:
            url = f"http://files.example.net:{inner.port}/x"
            await client.request("GET", url)  # the user's own choice, and the connection stays open
            with pytest.raises(InvalidRequestError, match="loopback"):
                await client.download(url, to=tmp_path / "x")
        assert (inner.connections, len(inner.heads)) == (1, 1)


async def test_a_redirect_to_a_name_that_resolves_nearer_sends_nothing(names: Names) -> None:
    names["inner.example.net"] = lambda: "127.0.0.1"
    names["api.localhost"] = lambda: "127.0.0.1"
    with RawServer() as inner:

        async def redirect(exchange: RawExchange) -> None:
            location = f"http://inner.example.net:{inner.port}/x"
            await exchange.send(f"HTTP/1.1 302 F\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())

        with RawServer(redirect) as server:
            async with client_of(server, follow_redirects="any") as client:
                # The base URL is on this machine, too, so the redirect may be followed.
                assert await client.request("GET", "/a") == {}
        assert len(inner.heads) == 1


async def test_a_private_service_may_link_to_its_neighbors(names: Names, tmp_path: Path) -> None:
    """The base URL has a name that resolves to this machine, as that of a self-hosted service does."""
    names["gitlab.corp.example"] = lambda: "127.0.0.1"
    names["files.corp.example"] = lambda: "127.0.0.1"
    with RawServer() as server:
        async with client_of(server, base_url=f"http://gitlab.corp.example:{server.port}") as client:
            assert await client.request("GET", "/projects/{id}", path_params={"id": "group/project"}) == {}
            await client.download(f"http://files.corp.example:{server.port}/x", to=tmp_path / "x")
    assert server.heads[0].startswith(b"GET /projects/group%2Fproject HTTP/1.1")
    assert len(server.heads) == 2


@pytest.mark.parametrize("host", ["api.localhost", "localhost"])
async def test_a_loopback_name_that_resolves_elsewhere_is_not_connected_to(host: str, names: Names) -> None:
    names[host] = lambda: "203.0.113.1"
    with RawServer() as server:
        async with client_of(server, base_url=f"http://{host}:{server.port}") as client:
            with pytest.raises(ConnectError, match="loopback"):
                await client.request("GET", "/a")


async def test_the_other_addresses_of_a_name_are_tried(
    monkeypatch: pytest.MonkeyPatch, names: Names, tmp_path: Path
) -> None:
    names["api.example.org"] = lambda: "127.0.0.1"
    with RawServer() as server:
        original = socket.getaddrinfo

        def resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
            if host != "files.example.net":
                return original(host, port, *arguments, **options)
            return [entry for ip in ("169.254.1.1", "127.0.0.1") for entry in original(ip, port, *arguments, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        async with client_of(server, base_url=f"http://api.example.org:{server.port}") as client:
            await client.download(f"http://files.example.net:{server.port}/x", to=tmp_path / "x")
        assert len(server.heads) == 1


HOSTILE = [
    "http://{ip}:{port}/x",
    "http://{ip}:{port}/x?u=http://api.example.org",
    "http://api.example.org.{name}:{port}/x",
    "http://{name}:{port}/..%2f",
    "http://{name}.:{port}/x",
]


async def test_hostile_urls_reach_no_nearer_address(names: Names, tmp_path: Path) -> None:
    await reach_nowhere(names, tmp_path, 80)


async def reach_nowhere(names: Names, tmp_path: Path, count: int) -> None:
    """Download from URLs whose hosts are this machine in many spellings, with a public base URL."""
    names["api.example.org"] = lambda: "203.0.113.1"
    literals = ["127.0.0.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]"]
    with RawServer() as inner, RawServer() as server:
        async with client_of(server, base_url="https://api.example.org", headers={"X-Key": "k" * 20}) as client:
            for number in range(count):
                name = f"n{number}.example.net"
                for host in (name, f"{name}.", f"api.example.org.{name}"):
                    names[host] = lambda: "127.0.0.1"
                form = HOSTILE[number % len(HOSTILE)]
                url = form.format(ip=literals[number % len(literals)], name=name, port=inner.port)
                with pytest.raises(AsdkError):
                    await client.download(url, to=tmp_path / "x")
        assert inner.heads == []
