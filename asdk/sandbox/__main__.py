"""Command ``python -m asdk.sandbox``: serves the imitated APIs until Ctrl-C or SIGTERM and prints how to use them."""

import argparse
import asyncio
import contextlib
import errno
import json
import re
import signal
from collections.abc import Sequence

import attrs

from asdk.sandbox.apala import ApalaServer
from asdk.sandbox.bioepic import BioEPICServer
from asdk.sandbox.bloomy import BloomyServer
from asdk.sandbox.edgequake import EdgeQuakeServer, EdgeQuakeSettings, RateLimit
from asdk.sandbox.mgnify import MGnifyServer
from asdk.sandbox.server import Sandbox, SandboxOptions

_DEFAULTS = EdgeQuakeSettings()
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?").fullmatch
_PORTS = {"edgequake": 8801, "mgnify": 8802, "apala": 8803, "bloomy": 8804, "bioepic": 8805}


def main(arguments: Sequence[str] | None = None) -> None:
    # KeyboardInterrupt arrives only where the event loop cannot handle signals, as on Windows.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_parser().parse_args(arguments)))


async def _serve(options: argparse.Namespace) -> None:
    settings = attrs.evolve(
        _DEFAULTS,
        refresh_token_lifetime=options.refresh_token_lifetime,
        processing_time=options.processing_time,
        rate_limit=None if options.rate_limit is None else RateLimit(options.rate_limit),
        strict=options.strict,
    )
    given: SandboxOptions = {"host": options.host, "ports": _ports(options), "seed": options.seed}
    given["allowed_hosts"] = options.allow_host
    given["edgequake"] = settings
    if options.token_lifetime is not None:
        given["token_lifetime"] = options.token_lifetime
    stop = _stop_by_signal()
    try:
        async with Sandbox(**given) as sandbox:
            print(_describe(sandbox), flush=True)
            await stop.wait()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        hint = "; choose another port with --<api>-port, or use --free-ports" if taken else ""
        raise SystemExit(f"asdk.sandbox: {error.strerror}{hint}") from None


def _ports(options: argparse.Namespace) -> dict[str, int]:
    chosen: dict[str, int | None] = {name: getattr(options, f"{name}_port") for name in _PORTS}
    return {
        name: port if port is not None else 0 if options.free_ports else _PORTS[name] for name, port in chosen.items()
    }


def _stop_by_signal() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    return stop


def _describe(sandbox: Sandbox) -> str:
    lines = [
        *_edgequake(sandbox.edgequake),
        *_mgnify(sandbox.mgnify),
        *_apala(sandbox.apala),
        *_bloomy(sandbox.bloomy),
        *_bioepic(sandbox.bioepic),
        "Stop with Ctrl-C.",
    ]
    return "\n".join(lines)


def _edgequake(server: EdgeQuakeServer) -> list[str]:
    known, url = server.credentials, server.url
    return [
        f"EdgeQuake   {url}",
        f"  admin     {known.admin.username} / {known.admin.password}",
        f"  user      {known.user.username} / {known.user.password}",
        f"  API key   {known.api_key}",
        f"  tenant    {known.tenant_id}",
        f"  workspace {known.workspace_id}",
        _python("EdgeQuake", base_url=url, username=known.admin.username, password=known.admin.password),
        f"  shell     curl -H 'X-API-Key: {known.api_key}' {url}/api/v1/auth/me",
    ]


def _mgnify(server: MGnifyServer) -> list[str]:
    user, other, url = server.credentials.user, server.credentials.other, server.api_url
    return [
        f"MGnify      {url}",
        f"  user      {user.username} / {user.password}",
        f"  other     {other.username} / {other.password}",
        f"  token     {server.issue_token()}",
        _python("MGnify", base_url=url, username=user.username, password=user.password),
        f"  shell     curl '{url}/studies/?page_size=2'",
    ]


def _apala(server: ApalaServer) -> list[str]:
    known, url = server.credentials, server.url
    body = json.dumps({"api_key": known.api_key})
    return [
        f"Apala       {url}",
        f"  API key   {known.api_key}",
        f"  company   {known.company_id}",
        f"  customer  {known.customer_id}",
        _python("Apala", base_url=url, api_key=known.api_key),
        f"  shell     curl -H 'Content-Type: application/json' -d '{body}' {url}/api/auth/token",
    ]


def _bloomy(server: BloomyServer) -> list[str]:
    ada, other, url = server.credentials.ada, server.credentials.other, server.api_url
    return [
        f"Bloomy      {url}",
        f"  user      {ada.username} / {ada.password}",
        f"  API key   {ada.api_key}",
        f"  other     {other.username} / {other.password}",
        f"  meeting   {server.credentials.meeting_id}",
        _python("Bloomy", base_url=url, api_key=ada.api_key),
        f"  shell     curl -H 'Authorization: Bearer {ada.api_key}' {url}/users/mine",
    ]


def _bioepic(server: BioEPICServer) -> list[str]:
    known, url = server.credentials, server.url
    return [
        f"BioEPIC     {url}",
        f"  client    {known.client_id} / {known.client_secret}",
        f"  user      {known.username} / {known.password}",
        _python("BioEPIC", base_url=url, client_id=known.client_id, client_secret=known.client_secret),
        f"  shell     curl '{url}/api/samples?max_page_size=2'",
    ]


def _python(name: str, **settings: str) -> str:
    """Return the line of Python that creates a client of this API."""
    arguments = ", ".join(f'{setting}="{value}"' for setting, value in settings.items())
    return f"  python    from asdk.clients.{name.lower()} import {name}; client = {name}({arguments})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m asdk.sandbox", description="Serve imitated APIs on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="name by which the servers may be addressed besides loopback names and --host; repeat for several",
    )
    for name, port in _PORTS.items():
        parser.add_argument(f"--{name}-port", type=_port, metavar="PORT", help=f"0 selects a free port ({port})")
    parser.add_argument("--free-ports", action="store_true", help="use free ports, except for explicit ones")
    parser.add_argument("--seed", type=int, default=0, help="seed of all ids and keys (%(default)s)")
    parser.add_argument(
        "--token-lifetime",
        type=_seconds,
        metavar="SECONDS",
        help="lifetime of access tokens; each API's own by default",
    )
    parser.add_argument(
        "--refresh-token-lifetime",
        type=_seconds,
        metavar="SECONDS",
        default=_DEFAULTS.refresh_token_lifetime,
        help="lifetime of EdgeQuake's refresh tokens (%(default)s)",
    )
    parser.add_argument(
        "--processing-time",
        type=_seconds,
        metavar="SECONDS",
        default=0.0,
        help="time EdgeQuake takes to process a document (%(default)s)",
    )
    parser.add_argument(
        "--rate-limit",
        type=_count,
        metavar="REQUESTS",
        help="EdgeQuake's requests per minute and tenant; unlimited by default",
    )
    parser.add_argument("--strict", action="store_true", help="limit EdgeQuake's replies to the real server's keys")
    return parser


def _port(text: str) -> int:
    return int(_checked(text, "a port from 0 to 65535", text.isdecimal() and int(text) <= 65535))


def _seconds(text: str) -> float:
    return float(_checked(text, "a number of seconds", _NUMBER(text) is not None))


def _count(text: str) -> int:
    return int(_checked(text, "a whole number of at least 1", text.isdecimal() and int(text) >= 1))


def _checked(text: str, wanted: str, is_right: bool) -> str:
    if not is_right:
        raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
    return text


if __name__ == "__main__":
    main()
