"""Command line of the BioEPIC client, ``python -m asdk.clients.bioepic``: prints or exports records.

Settings come from the environment and ``./.env``, as for `BioEPIC`. Data is written to stdout, messages to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Generator, Sequence

from asdk import AsdkError, __version__
from asdk.clients.bioepic.client import ENVIRONMENTS, BioEPIC
from asdk.clients.bioepic.collections import Collection
from asdk.clients.bioepic.exports import export_records
from asdk.clients.bioepic.filters import build_filter, parse_filter
from asdk.clients.bioepic.records import Record


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 on success, 1 on failure."""
    options = _parser().parse_args(arguments)
    with _log_requests() if options.verbose else contextlib.nullcontext():
        try:
            return asyncio.run(_run(options))
        except AsdkError as error:
            print(f"bioepic: {error}", file=sys.stderr)
            return 1


@contextlib.contextmanager
def _log_requests() -> Generator[None, None, None]:
    """Print the log of asdk to stderr. Restore the logger afterwards, since programs may call `main`."""
    logger, handler = logging.getLogger("asdk"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


async def _run(options: argparse.Namespace) -> int:
    if options.command == "version":
        print(f"asdk {__version__}")
        return 0
    if options.command == "collections":
        print("The API does not list its collections. Known collections: samples, experiments, data_objects.")
        return 0
    async with BioEPIC(env=options.env) as client:
        if options.command == "info":
            print("\n".join(f"{name:8}{url}" for name, url in ENVIRONMENTS.items()))
            print(f"{'current':8}{client.base_url}, {'with' if client.has_credentials() else 'without'} credentials")
            return 0
        records = await _find(client.collection(options.collection), options)
    if options.output is None:
        text = json.dumps(records if getattr(options, "id", None) is None else records[0], indent=2)
        print(text.replace("\x7f", "\\u007f"))  # the one control character that json leaves as it is
    else:
        export_records(records, options.output, options.format)
    print(f"Retrieved {len(records)} record(s)", file=sys.stderr)
    return 0


async def _find(collection: Collection, options: argparse.Namespace) -> list[Record]:
    if options.command == "sample" and options.id is not None:
        return [await collection.get(options.id)]
    query = (
        parse_filter(options.filter)
        if options.command == "sample"
        else build_filter({options.attribute: options.value}, exact=options.exact)
    )
    found = collection.list(filter=query, page_size=options.limit)
    return await found.collect(limit=None if options.all else options.limit)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m asdk.clients.bioepic", description="Read BioEPIC records.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--env", "-e", help="prod or dev; also BIOEPIC_ENV (prod)")
    common.add_argument("--verbose", "-v", action="store_true", help="log requests")
    commands = parser.add_subparsers(dest="command", required=True)
    sample = commands.add_parser("sample", parents=[common], help="find records by id or filter")
    sample.add_argument("--id", help="id of one record")
    sample.add_argument("--filter", default="", help="JSON, or YAML such as 'type: sample'")
    search = commands.add_parser("search", parents=[common], help="find records by the value of a field")
    search.add_argument("attribute", help="name of the field; use dots for nested fields")
    search.add_argument("value", help="text that the field contains")
    search.add_argument("--exact", action="store_true", help="match the value exactly")
    for command in (sample, search):
        command.add_argument("--limit", "-l", type=_size, default=10, help="records per page (%(default)s)")
        command.add_argument("--all", "-a", action="store_true", help="fetch all pages, not only the first")
        command.add_argument("--output", "-o", help="file to write instead of stdout")
        command.add_argument("--format", "-f", default="auto", help="auto, json, csv or tsv (%(default)s)")
        command.add_argument("--collection", "-c", default="samples", help="name of the collection (%(default)s)")
    commands.add_parser("collections", parents=[common], help="list the known collections")
    commands.add_parser("info", parents=[common], help="show environments and URLs")
    commands.add_parser("version", parents=[common], help="show the version of asdk")
    return parser


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
