"""Command line: ``python -m asdk token <client>`` shows, refreshes or deletes a stored token.

It shows where a token comes from and when it expires, never the token. The store is ``--store``, or that of the
variable ``ASDK_TOKEN_STORE``: the URL of a Redis may contain a password, and other users can read command lines.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

from asdk.auth import FileTokenStore, RedisTokenStore, TokenRecord, TokenSource, TokenStore
from asdk.client.base import BaseClient
from asdk.errors import AsdkError, ConfigurationError
from asdk.redaction import show
from asdk.unset import UNSET

#: The environment variables that name the store, and the key by which a Redis store encrypts its records.
STORE_VARIABLE = "ASDK_TOKEN_STORE"
KEY_VARIABLE = "ASDK_TOKEN_STORE_KEY"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 for success, 1 if no token is stored, 2 for an error."""
    options = _parser().parse_args(arguments)
    try:
        return asyncio.run(_token(options))
    except AsdkError as error:
        print(f"asdk: {error}", file=sys.stderr)
    except _StoreError as error:
        print(f"asdk: cannot use the token store: {show(str(error), None)}", file=sys.stderr)
    return 2


class _StoreError(Exception):
    """Failure of a token store, which may raise any class of exception."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m asdk", description="Manage the stored tokens of asdk clients.")
    commands = parser.add_subparsers(required=True, metavar="token")
    token = commands.add_parser("token", help="show, refresh or delete a stored token; its value is never shown")
    token.add_argument("client", help="name of a client of asdk, such as edgequake, or package.module:Class")
    token.add_argument("action", nargs="?", default="show", choices=["show", "refresh", "forget"], help="default: show")
    token.add_argument(
        "--store",
        help=f"directory, or URL of a Redis server; default: ${STORE_VARIABLE}, else the directory of FileTokenStore. "
        f"Put a URL with a password into ${STORE_VARIABLE}, and the encryption key of its records into ${KEY_VARIABLE}",
    )
    token.add_argument("--env-file", default=UNSET, help="file with settings, read after the environment")
    return parser


async def _token(options: argparse.Namespace) -> int:
    client_class = _find(options.client)
    async with client_class.from_env(dotenv=options.env_file, token_store=_store(options.store)) as client:
        source = client.token_source
        if source is None or not source.credential.storable:
            raise ConfigurationError(f"{client_class.__name__} has no login in these settings, so it stores no token")
        if options.action == "refresh":
            await client.get_token(refresh=True)
        record: TokenRecord | None = None
        problem: str | None = None
        try:
            if options.action == "forget":
                await source.forget()
            record = await source.read_store()
        except AsdkError:
            raise
        except Exception as error:  # noqa: BLE001 - errors of Redis and of keyrings have no common base
            problem = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        if problem is not None:
            raise _StoreError(problem)
        print(_describe(source, record))
        return 0 if options.action == "forget" or (record is not None and record.token is not None) else 1


def _find(name: str) -> type[BaseClient]:
    """Return the client class of this name.

    Raises:
        ConfigurationError: no such client exists.
    """
    module, _, attribute = name.partition(":") if ":" in name else (f"asdk.clients.{name}", "", "")
    problem = ""
    try:
        loaded = import_module(module)
    except (ImportError, TypeError, ValueError) as error:  # the last two for an invalid module name
        problem = str(error)
    else:
        members = [getattr(loaded, attribute, None)] if attribute else list(vars(loaded).values())
        for member in members:
            if isinstance(member, type) and issubclass(member, BaseClient) and member is not BaseClient:
                return member
    raise ConfigurationError(f"unknown client {name!r}{f' ({problem})' if problem else ''}")


def _store(location: str | None) -> TokenStore:
    """Return the store at this location, by default the one that the environment names, never a ``./.env``."""
    location, key = location or os.environ.get(STORE_VARIABLE) or None, os.environ.get(KEY_VARIABLE) or None
    if location is not None and location.startswith(("redis://", "rediss://", "unix://")):
        return RedisTokenStore(location, encryption_key=key)
    return FileTokenStore(location)


def _describe(source: TokenSource, record: TokenRecord | None) -> str:
    identity = source.credential.identity
    lines = [] if identity is None else [("from", identity.url), ("kind", identity.kind), ("account", identity.account)]
    token = None if record is None else record.token
    if token is None:
        lines.append(("token", "none stored"))
    else:
        lines.append(("issued", _time(token.issued_at)))
        lines.append(("expires", "never" if token.expires_at is None else _time(token.expires_at)))
        refresh = "none" if token.refresh_token is None else _describe_expiry(token.refresh_expires_at)
        lines.append(("refresh token", refresh))
    if record is not None and record.intent is not None:
        by = f"by {record.intent.process}" if record.intent.process else "and interrupted"
        lines.append(("refresh", f"started {_time(record.intent.written_at)} {by}"))
    if record is not None and record.refusal is not None:
        lines.append(("refused", f"{record.refusal.message}; next attempt after {_time(record.refusal.until)}"))
    return "\n".join(f"{name + ':':15}{show(text, None, keep_urls=True)}" for name, text in lines if text)


def _describe_expiry(epoch: float | None) -> str:
    return "yes" if epoch is None else f"yes, expires {_time(epoch)}"


def _time(epoch: float) -> str:
    """Return a time and its distance from now, such as ``2026-01-02 03:04:05Z (in 4 min)``."""
    seconds = epoch - time.time()
    size, unit = next(
        ((size, unit) for size, unit in ((86400, "d"), (3600, "h"), (60, "min")) if abs(seconds) >= 2 * size), (1, "s")
    )
    distance = f"{abs(seconds) / size:.0f} {unit}"
    try:
        shown = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, ValueError):  # a store may contain any number
        shown = f"{epoch:.0f} s after 1970"
    return f"{shown} ({f'in {distance}' if seconds > 0 else f'{distance} ago'})"


if __name__ == "__main__":
    sys.exit(main())
