"""``python -m asdk.clients.bioepic``: records to the screen or into a file, from the command line.

Settings come from the environment and ``./.env``, as for `BioEPIC`. Data goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence

from asdk._version import __version__
from asdk.clients.bioepic.client import ENVIRONMENTS, BioEPIC
from asdk.clients.bioepic.collections import Collection
from asdk.clients.bioepic.exports import export_records
from asdk.clients.bioepic.filters import build_filter, parse_filter
from asdk.clients.bioepic.records import Record
from asdk.errors import AsdkError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 if it did what it was asked, 1 if it could not."""
    options = _parser().parse_args(arguments)
    if options.verbose:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("asdk").setLevel(logging.DEBUG)
    try:
        return asyncio.run(_run(options))
    except AsdkError as error:
        print(f"bioepic: {error}", file=sys.stderr)
        return 1


async def _run(options: argparse.Namespace) -> int:
    if options.command == "version":
        print(f"asdk {__version__}")
        return 0
    if options.command == "collections":
        print("The API does not list its collections. Known are: samples, experiments, data_objects.")
        return 0
    async with BioEPIC(env=options.env) as client:
        if options.command == "info":
            print("\n".join(f"{name:8}{url}" for name, url in ENVIRONMENTS.items()))
            print(f"{'here':8}{client.base_url}, {'with' if client.has_credentials() else 'without'} credentials")
            return 0
        records = await _find(client.collection(options.collection), options)
    if options.output is None:
        print(json.dumps(records if getattr(options, "id", None) is None else records[0], indent=2))
    else:
        export_records(records, options.output, options.format)
    print(f"Retrieved {len(records)} record(s)", file=sys.stderr)
    return 0


async def _find(collection: Collection, options: argparse.Namespace) -> list[Record]:
    if options.command == "sample" and options.id is not None:
        return [await collection.get(options.id)]
    wanted = (
        parse_filter(options.filter)
        if options.command == "sample"
        else build_filter({options.attribute: options.value}, exact=options.exact)
    )
    found = collection.list(filter=wanted, page_size=options.limit)
    return await found.collect(limit=None if options.all else options.limit)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m asdk.clients.bioepic", description="Reads BioEPIC's records.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--env", "-e", help="prod or dev; also BIOEPIC_ENV (prod)")
    common.add_argument("--verbose", "-v", action="store_true", help="say what is sent")
    commands = parser.add_subparsers(dest="command", required=True)
    sample = commands.add_parser("sample", parents=[common], help="records by id or by filter")
    sample.add_argument("--id", help="of one record")
    sample.add_argument("--filter", default="", help="JSON, or YAML such as 'type: sample'")
    search = commands.add_parser("search", parents=[common], help="records by a value that a field contains")
    search.add_argument("attribute", help="name of the field, with dots for fields inside fields")
    search.add_argument("value", help="what it contains")
    search.add_argument("--exact", action="store_true", help="it must be equal")
    for command in (sample, search):
        command.add_argument("--limit", "-l", type=_size, default=10, help="records at a time (%(default)s)")
        command.add_argument("--all", "-a", action="store_true", help="all pages, not only the first")
        command.add_argument("--output", "-o", help="a file, instead of the screen")
        command.add_argument("--format", "-f", default="auto", help="auto, json, csv or tsv (%(default)s)")
        command.add_argument("--collection", "-c", default="samples", help="name of the collection (%(default)s)")
    commands.add_parser("collections", parents=[common], help="what collections there are")
    commands.add_parser("info", parents=[common], help="environments and addresses")
    commands.add_parser("version", parents=[common], help="the version of asdk")
    return parser


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
