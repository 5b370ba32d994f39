"""The command line: ``python -m asdk token <client>`` looks at a stored token, renews it or forgets it.

It shows where a token comes from and when it ends, never the token.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

from asdk.auth import FileTokenStore, RedisTokenStore, TokenRecord, TokenSource, TokenStore
from asdk.client.base import BaseClient
from asdk.errors import AsdkError, ConfigurationError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 if it did what it was asked, 1 if there is no token, 2 for a problem."""
    options = _parser().parse_args(arguments)
    try:
        return asyncio.run(_token(options))
    except AsdkError as error:
        print(f"asdk: {error}", file=sys.stderr)
    except _StoreError as error:
        print(f"asdk: the token store cannot be used: {error}", file=sys.stderr)
    return 2


class _StoreError(Exception):
    """A store failed, each kind in words of its own."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m asdk", description="Looks after the tokens of asdk's clients.")
    commands = parser.add_subparsers(required=True, metavar="token")
    token = commands.add_parser("token", help="look at a stored token, renew it or forget it; its value is never shown")
    token.add_argument("client", help="one of asdk's clients, such as edgequake, or package.module:Class")
    token.add_argument("action", nargs="?", default="show", choices=["show", "refresh", "forget"], help="default: show")
    token.add_argument("--store", help="a directory, or the URL of a Redis; by default the directory of FileTokenStore")
    token.add_argument("--env-file", default=".env", help="where settings are looked for, beside the environment")
    return parser


async def _token(options: argparse.Namespace) -> int:
    client_class = _find(options.client)
    async with client_class.from_env(dotenv=options.env_file, token_store=_store(options.store)) as client:
        source = client.token_source
        if source is None or not source.credential.storable:
            raise ConfigurationError(f"{client_class.__name__} has no login by these settings, so no token to keep")
        if options.action == "refresh":
            await client.get_token(refresh=True)
        entry: TokenRecord | None = None
        problem: str | None = None
        try:
            if options.action == "forget":
                await source.forget()
            entry = await source.read_store()
        except AsdkError:
            raise
        except Exception as error:  # noqa: BLE001 - errors of Redis and of keyrings have no common base
            problem = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        if problem is not None:
            raise _StoreError(problem)
        print(_describe(source, entry))
        return 0 if options.action == "forget" or (entry is not None and entry.token is not None) else 1


def _find(name: str) -> type[BaseClient]:
    """The client of this name.

    Raises:
        ConfigurationError: there is none.
    """
    module, _, attribute = name.partition(":") if ":" in name else (f"asdk.clients.{name}", "", "")
    problem = ""
    try:
        loaded = import_module(module)
    except (ImportError, TypeError, ValueError) as error:  # the last two for a name that no module can have
        problem = str(error)
    else:
        members = [getattr(loaded, attribute, None)] if attribute else list(vars(loaded).values())
        for member in members:
            if isinstance(member, type) and issubclass(member, BaseClient) and member is not BaseClient:
                return member
    raise ConfigurationError(f"there is no client {name!r}{f' ({problem})' if problem else ''}")


def _store(place: str | None) -> TokenStore:
    if place is not None and place.startswith(("redis://", "rediss://", "unix://")):
        return RedisTokenStore(place)
    return FileTokenStore(place)


def _describe(source: TokenSource, entry: TokenRecord | None) -> str:
    identity = source.credential.identity
    lines = [] if identity is None else [("from", identity.url), ("kind", identity.kind), ("account", identity.account)]
    token = None if entry is None else entry.token
    if token is None:
        lines.append(("token", "none is stored"))
    else:
        lines.append(("issued", _moment(token.issued_at)))
        lines.append(("ends", "never" if token.expires_at is None else _moment(token.expires_at)))
        lines.append(("refresh token", "none" if token.refresh_token is None else _end(token.refresh_expires_at)))
    if entry is not None and entry.intent is not None:
        by = f"by {entry.intent.holder}" if entry.intent.holder else "and broken off"
        lines.append(("renewal", f"begun {_moment(entry.intent.written_at)} {by}"))
    if entry is not None and entry.refusal is not None:
        lines.append(("refused", f"{entry.refusal.message}; not asked again before {_moment(entry.refusal.until)}"))
    return "\n".join(f"{name + ':':15}{text}" for name, text in lines if text)


def _end(moment: float | None) -> str:
    return "yes" if moment is None else f"yes, ends {_moment(moment)}"


def _moment(epoch: float) -> str:
    """A moment, and how far it is from now, such as ``2026-01-02 03:04:05Z (in 4 min)``."""
    seconds = epoch - time.time()
    size, unit = next(
        ((size, unit) for size, unit in ((86400, "d"), (3600, "h"), (60, "min")) if abs(seconds) >= 2 * size), (1, "s")
    )
    distance = f"{abs(seconds) / size:.0f} {unit}"
    try:
        shown = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, ValueError):  # a store may hold anything
        shown = f"{epoch:.0f} s after 1970"
    return f"{shown} ({f'in {distance}' if seconds > 0 else f'{distance} ago'})"


if __name__ == "__main__":
    sys.exit(main())
