"""Genomes and their catalogues."""

from collections.abc import Iterable

from aiohttp import web

from asdk.sandbox.mgnify import shapes
from asdk.sandbox.mgnify.call import Access, Call, Route, ordered, orders
from asdk.sandbox.mgnify.errors import unknown
from asdk.sandbox.mgnify.store.records import Catalogue, Genome

_KEYS = {name: name for name in ("accession", "length", "completeness", "contamination")} | {
    "num_genomes_total": "genomes_total"
}


async def genomes(call: Call) -> web.Response:
    return _page(call, call.state.library.genomes)


async def genome(call: Call) -> web.Response:
    return call.reply(call.shapes.genome_detail(_genome(call)))


async def annotations(call: Call) -> web.Response:
    return call.reply(shapes.genome_with_annotations(_genome(call)))


async def catalogues(call: Call) -> web.Response:
    return call.page(list(call.state.library.catalogues.values()), call.shapes.catalogue)


async def catalogue(call: Call) -> web.Response:
    return call.reply(call.shapes.catalogue(_catalogue(call)))


async def genomes_of_catalogue(call: Call) -> web.Response:
    return _page(call, _catalogue(call).genomes)


def _page(call: Call, genomes: Iterable[Genome]) -> web.Response:
    order, lineage = call.choice("order", orders(_KEYS)), call.query("biome_lineage")
    search = call.query("search") or ""
    found = [
        genome for genome in genomes if genome.catalogue.biome.is_within(lineage) and _mentions(genome, search.lower())
    ]
    return call.page(ordered(found, order, _KEYS), shapes.genome)


def _mentions(genome: Genome, text: str) -> bool:
    """Match lower-case ``text`` against the accession (whole), the lineage and the catalogue's id (in part)."""
    inside = text in genome.taxon_lineage.lower() or text in genome.catalogue.catalogue_id
    return inside or text == genome.accession.lower()


def _genome(call: Call) -> Genome:
    """Find a genome by accession, in the catalogue that the query names, else in the first that contains it."""
    accession, wanted = call.part("accession"), call.query("catalogue_id")
    for genome in call.state.library.genomes:
        if genome.accession == accession and wanted in (None, genome.catalogue.catalogue_id):
            return genome
    raise unknown()


def _catalogue(call: Call) -> Catalogue:
    return call.one(call.state.library.catalogues.get(call.part("catalogue_id")))


ROUTES = (
    Route("GET", "/genomes/", genomes),
    Route("GET", "/genomes/catalogues/", catalogues, Access.OPTIONAL),
    Route("GET", "/genomes/catalogues/{catalogue_id}", catalogue, Access.OPTIONAL),
    Route("GET", "/genomes/catalogues/{catalogue_id}/genomes/", genomes_of_catalogue, Access.OPTIONAL),
    Route("GET", "/genomes/{accession}", genome, Access.OPTIONAL),
    Route("GET", "/genomes/{accession}/annotations", annotations, Access.OPTIONAL),
)
