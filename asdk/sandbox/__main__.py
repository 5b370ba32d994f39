"""``python -m asdk.sandbox``: serve the imitated APIs until Ctrl-C or SIGTERM, and say where and with what."""

import argparse
import asyncio
import contextlib
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


def main(arguments: Sequence[str] | None = None) -> None:
    # KeyboardInterrupt arrives only where a loop cannot handle signals, as on Windows.
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
    ports = {
        "edgequake": options.edgequake_port,
        "mgnify": options.mgnify_port,
        "apala": options.apala_port,
        "bloomy": options.bloomy_port,
        "bioepic": options.bioepic_port,
    }
    given: SandboxOptions = {"host": options.host, "ports": ports, "seed": options.seed, "edgequake": settings}
    if options.token_lifetime is not None:
        given["token_lifetime"] = options.token_lifetime
    stop = _stop_by_signal()
    try:
        async with Sandbox(**given) as sandbox:
            print(_describe(sandbox), flush=True)
            await stop.wait()
    except OSError as error:
        raise SystemExit(f"asdk.sandbox: {error}") from None


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
    known = server.credentials
    return [
        f"EdgeQuake   {server.url}",
        f"  admin     {known.admin.username} / {known.admin.password}",
        f"  user      {known.user.username} / {known.user.password}",
        f"  API key   {known.api_key}",
        f"  tenant    {known.tenant_id}",
        f"  workspace {known.workspace_id}",
    ]


def _apala(server: ApalaServer) -> list[str]:
    known = server.credentials
    return [
        f"Apala       {server.url}",
        f"  API key   {known.api_key}",
        f"  company   {known.company_id}",
        f"  customer  {known.customer_id}",
    ]


def _bloomy(server: BloomyServer) -> list[str]:
    known = server.credentials
    return [
        f"Bloomy      {server.api_url}",
        f"  user      {known.ada.username} / {known.ada.password}",
        f"  API key   {known.ada.api_key}",
        f"  other     {known.other.username} / {known.other.password}",
        f"  meeting   {known.meeting_id}",
    ]


def _mgnify(server: MGnifyServer) -> list[str]:
    user, other = server.credentials.user, server.credentials.other
    return [
        f"MGnify      {server.api_url}",
        f"  user      {user.username} / {user.password}",
        f"  other     {other.username} / {other.password}",
        f"  token     {server.issue_token()}",
    ]


def _bioepic(server: BioEPICServer) -> list[str]:
    known = server.credentials
    return [
        f"BioEPIC     {server.url}",
        f"  client    {known.client_id} / {known.client_secret}",
        f"  user      {known.username} / {known.password}",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m asdk.sandbox", description="Serve imitated APIs on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--edgequake-port", type=int, default=8801, help="0 takes a free one (%(default)s)")
    parser.add_argument("--apala-port", type=int, default=8803, help="0 takes a free one (%(default)s)")
    parser.add_argument("--bloomy-port", type=int, default=8804, help="0 takes a free one (%(default)s)")
    parser.add_argument("--mgnify-port", type=int, default=8802, help="0 takes a free one (%(default)s)")
    parser.add_argument("--bioepic-port", type=int, default=8805, help="0 takes a free one (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="draws all ids and keys (%(default)s)")
    parser.add_argument(
        "--token-lifetime",
        type=float,
        help="seconds an access token lives; each API's own when left out",
    )
    parser.add_argument(
        "--refresh-token-lifetime",
        type=float,
        default=_DEFAULTS.refresh_token_lifetime,
        help="seconds a refresh token lives (%(default)s)",
    )
    parser.add_argument(
        "--processing-time",
        type=float,
        default=0.0,
        help="seconds until an uploaded document is completed (%(default)s)",
    )
    parser.add_argument("--rate-limit", type=int, help="requests per minute and tenant; unlimited when left out")
    parser.add_argument("--strict", action="store_true", help="no keys but the server's own in replies")
    return parser


if __name__ == "__main__":
    main()
