"""Samples, their sequencing runs, and the assemblies of those."""

from aiohttp import web

from asdk.sandbox.mgnify import shapes
from asdk.sandbox.mgnify.call import Access, Call, Route, ordered, orders
from asdk.sandbox.mgnify.store.records import EXPERIMENT_TYPES, Assembly, Run, Sample

_KEYS = {"sample_title": "title", "updated_at": "updated_at"}


async def samples(call: Call) -> web.Response:
    order, lineage = call.choice("order", orders(_KEYS)), call.query("biome_lineage")
    search = (call.query("search") or "").lower()
    found = [
        sample
        for sample in call.visible(call.state.library.samples.values())
        if (sample.biome is None or sample.biome.is_within(lineage))
        and (search in (sample.title or "").lower() or any(search in name.lower() for name in sample.ena_accessions))
    ]
    return call.page(ordered(found, order, _KEYS), shapes.sample)


async def sample(call: Call) -> web.Response:
    return call.reply(shapes.sample_detail(_sample(call)))


async def runs_of_sample(call: Call) -> web.Response:
    return call.page(_sample(call).runs, shapes.run)


async def assemblies_of_sample(call: Call) -> web.Response:
    return call.page(_sample(call).assemblies, shapes.assembly_detail)


async def runs(call: Call) -> web.Response:
    wanted = call.choice("has_experiment_type", tuple(EXPERIMENT_TYPES))
    found = call.visible(call.state.library.runs.values())
    return call.page([run for run in found if wanted in (None, run.experiment)], shapes.run)


async def run(call: Call) -> web.Response:
    return call.reply(shapes.run_detail(_run(call)))


async def analyses_of_run(call: Call) -> web.Response:
    return call.page(_run(call).analyses, shapes.analysis)


async def assemblies_of_run(call: Call) -> web.Response:
    return call.page(_run(call).assemblies, shapes.assembly_detail)


async def assemblies(call: Call) -> web.Response:
    return call.page(call.visible(call.state.library.assemblies.values()), shapes.assembly)


async def assembly(call: Call) -> web.Response:
    return call.reply(shapes.assembly_detail(_assembly(call)))


async def analyses_of_assembly(call: Call) -> web.Response:
    return call.page(_assembly(call).analyses, shapes.analysis)


async def genome_links(call: Call) -> web.Response:
    return call.page(_assembly(call).genomes, shapes.genome_link)


async def contained_genomes(call: Call) -> web.Response:
    found = _assembly(call)
    return call.page(found.contained, lambda item: shapes.contained_genome(item, found.run.accession))


def _sample(call: Call) -> Sample:
    """Find a sample by any of its accessions."""
    wanted, known = call.part("accession"), call.state.library.samples
    by_other_name = (sample for sample in known.values() if wanted in sample.ena_accessions)
    return call.one(known.get(wanted) or next(by_other_name, None))


def _run(call: Call) -> Run:
    return call.one(call.state.library.runs.get(call.part("accession")))


def _assembly(call: Call) -> Assembly:
    return call.one(call.state.library.assemblies.get(call.part("accession")))


ROUTES = (
    Route("GET", "/samples/", samples),
    Route("GET", "/samples/{accession}", sample, Access.OPTIONAL),
    Route("GET", "/samples/{accession}/runs/", runs_of_sample, Access.OPTIONAL),
    Route("GET", "/samples/{accession}/assemblies/", assemblies_of_sample, Access.OPTIONAL),
    Route("GET", "/runs/", runs, Access.OPTIONAL),
    Route("GET", "/runs/{accession}", run, Access.OPTIONAL),
    Route("GET", "/runs/{accession}/analyses/", analyses_of_run, Access.OPTIONAL),
    Route("GET", "/runs/{accession}/assemblies/", assemblies_of_run, Access.OPTIONAL),
    Route("GET", "/assemblies/", assemblies),
    Route("GET", "/assemblies/{accession}", assembly),
    Route("GET", "/assemblies/{accession}/analyses", analyses_of_assembly),
    Route("GET", "/assemblies/{accession}/genome-links", genome_links),
    Route("GET", "/assemblies/{accession}/additional-contained-genomes", contained_genomes),
)
