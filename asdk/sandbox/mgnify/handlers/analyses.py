"""Analyses and their annotations."""

from aiohttp import web

from asdk.sandbox.mgnify.call import Access, Call, Route
from asdk.sandbox.mgnify.errors import ApiError
from asdk.sandbox.mgnify.store.records import ANNOTATION_TYPES, Analysis


async def listing(call: Call) -> web.Response:
    return call.page(call.visible(call.state.library.analyses.values()), call.shapes.analysis_detail)


async def detail(call: Call) -> web.Response:
    return call.reply(call.shapes.analysis_detail(_analysis(call)))


async def annotations(call: Call) -> web.Response:
    return call.reply(call.shapes.analysis_with_annotations(_analysis(call)))


async def typed_annotations(call: Call) -> web.Response:
    kind = call.part("annotation_type")
    if kind not in ANNOTATION_TYPES:
        expected = ", ".join(f"'{name}'" for name in ANNOTATION_TYPES)
        problem = {"type": "enum", "loc": ["path", "annotation_type"], "msg": f"Input should be {expected}"}
        raise ApiError(422, [problem | {"ctx": {"expected": expected}}])
    return call.page(_analysis(call).annotations[kind], lambda annotation: annotation)


def _analysis(call: Call) -> Analysis:
    return call.one(call.state.library.analyses.get(call.part("accession")))


ROUTES = (
    Route("GET", "/analyses/", listing),
    Route("GET", "/analyses/{accession}", detail, Access.OPTIONAL),
    Route("GET", "/analyses/{accession}/annotations", annotations, Access.OPTIONAL),
    Route("GET", "/analyses/{accession}/annotations/{annotation_type}", typed_annotations, Access.OPTIONAL),
)
