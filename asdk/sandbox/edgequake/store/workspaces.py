"""Data of a workspace other than its documents: injected texts, jobs, measurements, and a budget."""

import attrs

from asdk.sandbox.edgequake.errors import not_found

Json = dict[str, object]


@attrs.define(eq=False, kw_only=True)
class Injection:
    injection_id: str
    name: str
    content: str = attrs.field(repr=False)
    source_type: str
    created_at: float
    updated_at: float
    version: int = 1


@attrs.define(eq=False, kw_only=True)
class Job:
    job_id: str
    job_type: str
    status: str
    created_at: float
    updated_at: float


@attrs.define(eq=False)
class WorkspaceExtras:
    injections: dict[str, Injection] = attrs.field(factory=dict[str, Injection])
    jobs: dict[str, Job] = attrs.field(factory=dict[str, Job])
    snapshots: list[Json] = attrs.field(factory=list[Json])
    monthly_budget_usd: float = 100.0
    alert_threshold: float = 80.0

    def injection(self, injection_id: str) -> Injection:
        """Return an injected text. Raise ApiError NOT_FOUND if it is unknown."""
        injection = self.injections.get(injection_id)
        if injection is None:
            raise not_found("Injection", injection_id)
        return injection

    def job(self, job_id: str) -> Job:
        """Return a job. Raise ApiError NOT_FOUND if it is unknown."""
        job = self.jobs.get(job_id)
        if job is None:
            raise not_found("Job", job_id)
        return job
