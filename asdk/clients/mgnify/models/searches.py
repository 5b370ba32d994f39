"""Searches in genomes, and the tokens of a login: the replies of `Searches` and `Auth`."""

from __future__ import annotations

from typing import Any

from asdk.clients.mgnify.models.genomes import Genome
from asdk.models.declaration import OpenEnum, field, model
from asdk.secret import Secret


@model
class KmerMatch:
    """How much of a fragment a genome holds."""

    genome: str
    num_kmers: int | None = None
    num_kmers_found: int | None = None
    percent_kmers_found: float | None = None


@model
class FragmentMatch:
    """A genome that holds a fragment, or part of it."""

    mgnify: Genome
    cobs: KmerMatch


@model
class FragmentSearch:
    """What a fragment was found in, best match first. ``threshold`` is a share of the k-mers, from 0 to 1."""

    results: list[FragmentMatch]
    query: str | None = None
    threshold: float | None = None


@model
class FragmentSearchReply:
    """How the reply wraps it."""

    data: FragmentSearch


class JobStatus(OpenEnum):
    """How far a search is. A status that is none of these means that it is still under way."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"

    @property
    def is_final(self) -> bool:
        """Whether it will not change any more."""
        return self in (JobStatus.SUCCESS, JobStatus.FAILURE, JobStatus.REVOKED)


@model
class GatherJob:
    """A search by signatures that has been queued; ``children_ids`` has a job for each signature and catalogue."""

    job_id: str
    status: JobStatus
    message: str | None = None
    children_ids: list[str] | None = None
    signatures_received: list[str] | None = None
    requested_catalogues: list[str] | None = None
    status_url: str | None = None


@model
class GatherJobReply:
    """How the reply wraps it."""

    data: GatherJob


@model
class SignatureStatus:
    """How far one signature in one catalogue is. ``result`` is free JSON data; ``reason`` says why there is none."""

    job_id: str
    status: JobStatus
    filename: str | None = None
    catalogue: str | None = None
    result: Any = None
    results_url: str | None = None
    reason: str | None = None
    position_in_queue: int | None = None


@model
class GatherStatus:
    """How far a search by signatures is. With ``results_url`` its results can be had.

    Attributes:
        worker_status: of the machine that searches, such as ``"ONLINE"``.
    """

    group_id: str
    status: JobStatus
    signatures: list[SignatureStatus] = field(factory=list[SignatureStatus])
    worker_status: Any = None
    results_url: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether it has ended, well or not: whatever the status is called, results come at the end."""
        return self.status.is_final or self.results_url is not None


@model
class GatherStatusReply:
    """How the reply wraps it."""

    data: GatherStatus


@model
class SlidingTokenReply:
    """A token that is both: what calls carry, and what the next one is had for."""

    token: Secret
    token_type: str | None = None
