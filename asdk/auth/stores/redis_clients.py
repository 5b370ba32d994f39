"""How `RedisTokenStore` comes to a client in each event loop, and gets rid of it.

Imported by the first such store, since it needs the ``redis`` extra.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError

from asdk.errors import ConfigurationError
from asdk.secret import Secret

# How long to wait for a connection, and for a reply, in seconds.
_TIMEOUT = 2.0

# What a client is set up with, and may be given to another; the rest of its pool's settings belongs to that pool.
_SETTINGS = {"host", "port", "db", "path", "username", "password", "credential_provider", "client_name", "protocol"}


def client_maker(source: str | Secret | Redis | Callable[[], Redis]) -> Callable[[], Redis]:
    """What makes a client in the running loop. It holds no secret in plain text.

    Raises:
        ConfigurationError: this is no URL of a Redis, or a client with a pool that cannot be made anew.
    """
    if isinstance(source, str | Secret):
        url = Secret(source)
        _check_url(url)
        return lambda: Redis.from_url(url.reveal(), **_bounds())
    if not isinstance(source, Redis):
        return source
    pool = source.connection_pool
    if type(pool) not in (ConnectionPool, BlockingConnectionPool):
        raise ConfigurationError(
            f"RedisTokenStore cannot copy a {type(pool).__name__}: pass a function that makes the client"
        )
    kind, settings = pool.connection_class, _closed(pool.connection_kwargs)

    def make() -> Redis:
        copied = ConnectionPool(connection_class=kind, **_opened(settings), **_bounds())
        return Redis.from_pool(copied)

    return make


async def close_client(client: Redis) -> None:
    """Close the connections, without a word, whatever state they or their loop are in."""
    with contextlib.suppress(Exception):  # nobody is left to be told; RuntimeError of a closed loop among them
        await client.aclose()


def _bounds() -> dict[str, Any]:
    # Once more at once, for a connection that broke while it was idle. What redis-py does by itself takes up to 20 s.
    return {
        "socket_timeout": _TIMEOUT,
        "socket_connect_timeout": _TIMEOUT,
        "retry": Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        "decode_responses": False,
    }


def _check_url(url: Secret) -> None:
    try:
        parse_url(url.reveal())
        return
    except ValueError:
        pass  # it may quote the password
    raise ConfigurationError("this is no URL of a Redis, such as rediss://user:password@host:6379/0")


def _closed(settings: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {name: value for name, value in settings.items() if name in _SETTINGS or name.startswith("ssl_")}
    return {name: Secret(value) if name in _SECRET and value else value for name, value in chosen.items()}


def _opened(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in settings.items()}


_SECRET = {"password", "ssl_password"}
