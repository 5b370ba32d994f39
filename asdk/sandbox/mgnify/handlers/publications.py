"""Publications, biomes and super studies, which describe the other records."""

from aiohttp import web

from asdk.sandbox.mgnify import shapes
from asdk.sandbox.mgnify.call import Call, Route, ordered, orders
from asdk.sandbox.mgnify.errors import ApiError, unknown
from asdk.sandbox.mgnify.store.records import Publication

_KEYS = {"published_year": "year"}


async def publications(call: Call) -> web.Response:
    order = call.choice("order", orders(_KEYS))
    after, before = call.integer("published_after"), call.integer("published_before")
    title = (call.query("title") or "").lower()
    found = [
        publication
        for publication in call.state.library.publications.values()
        if title in publication.title.lower() and _is_within(publication.year, after, before)
    ]
    return call.page(ordered(found, order, _KEYS), shapes.publication)


async def publication(call: Call) -> web.Response:
    return call.reply(shapes.publication_detail(_publication(call)))


async def annotations(call: Call) -> web.Response:
    return call.reply(shapes.publication_annotations(_publication(call)))


async def biomes(call: Call) -> web.Response:
    lineage, depth = call.query("biome_lineage"), call.integer("max_depth", minimum=1)
    known = call.state.library.biomes.values()
    found = [biome for biome in known if biome.is_within(lineage) and (depth is None or biome.depth <= depth)]
    return call.page(found, shapes.biome)


async def super_studies(call: Call) -> web.Response:
    return call.page(list(call.state.library.super_studies.values()), shapes.super_study)


async def super_study(call: Call) -> web.Response:
    found = call.state.library.super_studies.get(call.part("slug"))
    if found is None:
        raise unknown()
    return call.reply(call.shapes.super_study_detail(found))


def _publication(call: Call) -> Publication:
    text = call.part("pubmed_id")
    try:
        number = int(text)
    except ValueError:
        problem = {"type": "int_parsing", "loc": ["path", "pubmed_id"]}
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise ApiError(422, [problem | {"msg": message}]) from None
    return call.one(call.state.library.publications.get(number))


def _is_within(year: int | None, after: int | None, before: int | None) -> bool:
    """Check a year against a range that includes both ends; an unknown year is in no range."""
    if after is None and before is None:
        return True
    return year is not None and (after is None or year >= after) and (before is None or year <= before)


ROUTES = (
    Route("GET", "/publications/", publications),
    Route("GET", "/publications/{pubmed_id}", publication),
    Route("GET", "/publications/{pubmed_id}/annotations", annotations),
    Route("GET", "/biomes/", biomes),
    Route("GET", "/super-studies/", super_studies),
    Route("GET", "/super-studies/{slug}", super_study),
)
