"""``python -m asdk.sandbox``: serve the imitated APIs until Ctrl-C or SIGTERM, and say where and with what."""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Sequence

import attrs

from asdk.sandbox.bioepic import BioEPICServer, BioEPICSettings
from asdk.sandbox.edgequake import EdgeQuakeServer, EdgeQuakeSettings, RateLimit
from asdk.sandbox.mgnify import MGnifyServer, MGnifySettings
from asdk.sandbox.server import Sandbox

_DEFAULTS = EdgeQuakeSettings()


def main(arguments: Sequence[str] | None = None) -> None:
    # KeyboardInterrupt arrives only where a loop cannot handle signals, as on Windows.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_parser().parse_args(arguments)))


async def _serve(options: argparse.Namespace) -> None:
    settings = attrs.evolve(
        _DEFAULTS,
        token_lifetime=options.token_lifetime,
        refresh_token_lifetime=options.refresh_token_lifetime,
        processing_time=options.processing_time,
        rate_limit=None if options.rate_limit is None else RateLimit(options.rate_limit),
        strict=options.strict,
    )
    ports = {"edgequake": options.edgequake_port, "mgnify": options.mgnify_port, "bioepic": options.bioepic_port}
    mgnify = MGnifySettings(token_lifetime=options.token_lifetime)
    bioepic = BioEPICSettings(token_lifetime=options.token_lifetime)
    stop = _stop_by_signal()
    try:
        async with Sandbox(
            host=options.host, ports=ports, seed=options.seed, edgequake=settings, mgnify=mgnify, bioepic=bioepic
        ) as sandbox:
            print(_describe(sandbox.edgequake))
            print(_describe_mgnify(sandbox.mgnify))
            print(_describe_bioepic(sandbox.bioepic))
            print("Stop with Ctrl-C.", flush=True)
            await stop.wait()
    except OSError as error:
        raise SystemExit(f"asdk.sandbox: {error}") from None


def _stop_by_signal() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    return stop


def _describe(server: EdgeQuakeServer) -> str:
    known = server.credentials
    lines = (
        f"EdgeQuake   {server.url}",
        f"  admin     {known.admin.username} / {known.admin.password}",
        f"  user      {known.user.username} / {known.user.password}",
        f"  API key   {known.api_key}",
        f"  tenant    {known.tenant_id}",
        f"  workspace {known.workspace_id}",
    )
    return "\n".join(lines)


def _describe_mgnify(server: MGnifyServer) -> str:
    user, other = server.credentials.user, server.credentials.other
    lines = (
        f"MGnify      {server.api_url}",
        f"  user      {user.username} / {user.password}",
        f"  other     {other.username} / {other.password}",
        f"  token     {server.issue_token()}",
    )
    return "\n".join(lines)


def _describe_bioepic(server: BioEPICServer) -> str:
    known = server.credentials
    lines = (
        f"BioEPIC     {server.url}",
        f"  client    {known.client_id} / {known.client_secret}",
        f"  user      {known.username} / {known.password}",
    )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m asdk.sandbox", description="Serve imitated APIs on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--edgequake-port", type=int, default=8801, help="0 takes a free one (%(default)s)")
    parser.add_argument("--mgnify-port", type=int, default=8802, help="0 takes a free one (%(default)s)")
    parser.add_argument("--bioepic-port", type=int, default=8805, help="0 takes a free one (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="draws all ids and keys (%(default)s)")
    parser.add_argument(
        "--token-lifetime",
        type=float,
        default=_DEFAULTS.token_lifetime,
        help="seconds an access token lives (%(default)s)",
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
