"""Studies, the caller's own studies, and the records of a study."""

from aiohttp import web

from asdk.sandbox.mgnify import shapes
from asdk.sandbox.mgnify.call import Access, Call, Route, ordered, orders
from asdk.sandbox.mgnify.errors import unknown
from asdk.sandbox.mgnify.store.records import PIPELINES, Study

_KEYS = {"accession": "accession", "updated_at": "updated_at"}


async def listing(call: Call) -> web.Response:
    order, lineage = call.choice("order", orders(_KEYS)), call.query("biome_lineage")
    pipeline = call.choice("has_analyses_from_pipeline", PIPELINES)
    search = (call.query("search") or "").lower()
    found = [
        study
        for study in call.visible(call.state.library.studies.values())
        if (study.biome is None or study.biome.is_within(lineage))
        and (pipeline is None or any(analysis.pipeline == pipeline for analysis in study.analyses))
        and _mentions(study, search)
    ]
    return call.page(ordered(found, order, _KEYS), shapes.study)


async def mine(call: Call) -> web.Response:
    own = [study for study in call.state.library.studies.values() if study.owner == call.user]
    return call.page(own, shapes.study)


async def detail(call: Call) -> web.Response:
    return call.reply(call.shapes.study_detail(_study(call)))


async def by_insdc(call: Call) -> web.Response:
    wanted = call.part("accession")
    for study in call.visible(call.state.library.studies.values()):
        if wanted in study.ena_accessions:
            return call.reply({"accession": study.accession})
    raise unknown()


async def analyses(call: Call) -> web.Response:
    return call.page(_study(call).analyses, shapes.analysis)


async def publications(call: Call) -> web.Response:
    return call.page(_study(call).publications, shapes.publication)


async def samples(call: Call) -> web.Response:
    return call.page(_study(call).samples, shapes.sample_with_metadata)


def _study(call: Call) -> Study:
    return call.one(call.state.library.studies.get(call.part("accession")))


def _mentions(study: Study, text: str) -> bool:
    """Match lower-case ``text`` against the title or an archive's accession (in part), or the accession (whole)."""
    archived = (accession.lower() for accession in study.ena_accessions)
    return text in study.title.lower() or text == study.accession.lower() or any(text in name for name in archived)


ROUTES = (
    Route("GET", "/studies/", listing),
    Route("GET", "/studies/insdc/{accession}", by_insdc),
    Route("GET", "/studies/{accession}", detail, Access.OPTIONAL),
    Route("GET", "/studies/{accession}/analyses/", analyses, Access.OPTIONAL),
    Route("GET", "/studies/{accession}/publications/", publications, Access.OPTIONAL),
    Route("GET", "/studies/{accession}/samples/", samples, Access.OPTIONAL),
    Route("GET", "/my-data/studies/", mine, Access.REQUIRED),
)
