"""The creation and closing of `RedisTokenStore`'s Redis client in each event loop.

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

from asdk.errors import ConfigurationError, describe_type
from asdk.secret import Secret

# The timeout of a connection attempt, and of a reply, in seconds.
_TIMEOUT = 2.0

# The settings of a client that a copy may share; the rest of its pool's settings belongs to that pool.
_SETTINGS = {"host", "port", "db", "path", "username", "password", "credential_provider", "client_name", "protocol"}


def client_maker(source: str | Secret | Redis | Callable[[], Redis]) -> Callable[[], Redis]:
    """Return a function that makes a client for the running loop. It contains no secret in plain text.

    Raises:
        ConfigurationError: the source is not a Redis URL, or is a client whose pool cannot be copied.
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
            f"source must be a client with a plain ConnectionPool, got {describe_type(pool)}; pass a function that "
            "makes the client"
        )
    kind, settings = pool.connection_class, _copied_settings(pool.connection_kwargs)

    def make() -> Redis:
        copied = ConnectionPool(connection_class=kind, **_revealed(settings), **_bounds())
        return Redis.from_pool(copied)

    return make


async def close_client(client: Redis) -> None:
    """Close the connections, in any state of them or their loop, and ignore errors."""
    with contextlib.suppress(Exception):  # no caller is left; a closed loop raises RuntimeError, for example
        await client.aclose()


def _bounds() -> dict[str, Any]:
    # One immediate retry, for a connection that broke while it was idle. redis-py's own retries take up to 20 s.
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
        pass  # its message may quote the password
    raise ConfigurationError("source must be a Redis URL, such as rediss://user:password@host:6379/0")


def _copied_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {name: value for name, value in settings.items() if name in _SETTINGS or name.startswith("ssl_")}
    return {name: Secret(value) if name in _SECRET and value else value for name, value in chosen.items()}


def _revealed(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in settings.items()}


_SECRET = {"password", "ssl_password"}
