"""Key exchange and refresh."""

from aiohttp import web

from asdk.sandbox.apala.call import Call, Route
from asdk.sandbox.json_io import json_reply


async def token(call: Call) -> web.Response:
    company = call.state.companies.identify((await call.fields()).text("api_key"))
    about = {"token_type": "Bearer", "company_id": company.id, "company_name": company.name}
    return json_reply(call.state.sessions.open(company) | about)


async def refresh(call: Call) -> web.Response:
    return json_reply(call.state.sessions.refresh((await call.fields()).text("refresh_token")))


ROUTES = (
    Route("POST", "/api/auth/token", token, public=True),
    Route("POST", "/api/auth/refresh", refresh, public=True),
)
