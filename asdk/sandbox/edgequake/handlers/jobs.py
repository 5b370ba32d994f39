"""Jobs of workspaces, in the second version of the API. A job stays pending until it is cancelled."""

from typing import Any

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.handlers.tasks import pagination
from asdk.sandbox.edgequake.store.workspaces import Job, WorkspaceExtras

_KINDS = {
    "reprocess_documents": "Process the documents of the workspace again",
    "rebuild_embeddings": "Recreate all vectors of the workspace",
    "rebuild_knowledge_graph": "Extract the graph of the workspace again",
}
_JOBS = "/api/v2/workspaces/{workspace_id}/jobs"


@attrs.frozen
class CreateJobRequest:
    job_type: str
    payload: Any = None


async def list_jobs(call: Call) -> web.Response:
    extras, page, status = _extras(call), call.page, call.query("status")
    found = [job for job in extras.jobs.values() if status in (None, job.status)]
    own = call.request.path
    return call.reply(
        {
            "workspace_id": call.part("workspace_id"),
            "jobs": [_shape(call, job) for job in page.of(found)],
            "pagination": pagination(page, len(found)),
            "links": {"self_link": own, "catalog": f"{own}/catalog"},
        }
    )


async def create(call: Call) -> web.Response:
    extras, wanted = _extras(call), await call.body(CreateJobRequest)
    if wanted.job_type not in _KINDS:
        raise ApiError("BAD_REQUEST", f"unknown job type: {wanted.job_type}")
    now = call.state.clock()
    job = Job(job_id=call.state.ids.uuid(), job_type=wanted.job_type, status="pending", created_at=now, updated_at=now)
    extras.jobs[job.job_id] = job
    return call.reply(_shape(call, job), 202)


async def catalog(call: Call) -> web.Response:
    _extras(call)
    jobs = [{"job_type": kind, "description": description} for kind, description in _KINDS.items()]
    return call.reply({"job_types": jobs})


async def get(call: Call) -> web.Response:
    return call.reply(_shape(call, _extras(call).job(call.part("job_id"))))


async def cancel(call: Call) -> web.Response:
    job = _extras(call).job(call.part("job_id"))
    if job.status != "pending":
        raise ApiError("CONFLICT", f"job has ended: {job.status}")
    job.status, job.updated_at = "cancelled", call.state.clock()
    return call.reply(_shape(call, job))


def _extras(call: Call) -> WorkspaceExtras:
    """Return the workspace's data. Raise ApiError BAD_REQUEST if header and path differ, NOT_FOUND if it is unknown."""
    workspace_id = call.part("workspace_id")
    if workspace_id != call.workspace_id:
        raise ApiError("BAD_REQUEST", "X-Workspace-ID and the workspace of the path differ")
    return call.state.extras(call.state.tenants.workspace(workspace_id).id)


def _shape(call: Call, job: Job) -> Json:
    workspace_id = call.part("workspace_id")
    jobs = _JOBS.format(workspace_id=workspace_id)
    return {
        "job_id": job.job_id,
        "job_type": job.job_type,
        "status": job.status,
        "tenant_id": call.tenant_id,
        "workspace_id": workspace_id,
        "created_at": rfc3339(job.created_at),
        "updated_at": rfc3339(job.updated_at),
        "links": {
            "self_link": f"{jobs}/{job.job_id}",
            "cancel": f"{jobs}/{job.job_id}",
            "catalog": f"{jobs}/catalog",
            "v1_task": f"/api/v1/tasks/{job.job_id}",
        },
    }


ROUTES = (
    Route("GET", _JOBS, list_jobs),
    Route("POST", _JOBS, create),
    Route("GET", f"{_JOBS}/catalog", catalog),
    Route("GET", f"{_JOBS}/{{job_id}}", get),
    Route("DELETE", f"{_JOBS}/{{job_id}}", cancel),
)
