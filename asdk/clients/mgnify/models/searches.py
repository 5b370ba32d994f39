"""Models of genome searches and login tokens. Returned by `Searches` and `Auth`."""

from __future__ import annotations

from typing import Any

from asdk import OpenEnum, Secret, field, model
from asdk.clients.mgnify.models.genomes import Genome


@model
class KmerMatch:
    """The k-mers of a fragment that a genome contains."""

    genome: str
    num_kmers: int | None = None
    num_kmers_found: int | None = None
    percent_kmers_found: float | None = None


@model
class FragmentMatch:
    """A genome that contains a fragment or part of it."""

    mgnify: Genome
    cobs: KmerMatch


@model
class FragmentSearch:
    """The genomes that contain a fragment, best match first. ``threshold`` is a share of the k-mers, from 0 to 1."""

    results: list[FragmentMatch]
    query: str | None = None
    threshold: float | None = None


@model
class FragmentSearchReply:
    """The envelope of a reply."""

    data: FragmentSearch


class JobStatus(OpenEnum):
    """The status of a search. An unknown status means that the search is still running."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"

    @property
    def is_final(self) -> bool:
        """Return whether the status is final."""
        return self in (JobStatus.SUCCESS, JobStatus.FAILURE, JobStatus.REVOKED)


@model
class GatherJob:
    """A queued search by signatures. ``children_ids`` contains one job per signature and catalogue."""

    job_id: str
    status: JobStatus
    message: str | None = None
    children_ids: list[str] | None = None
    signatures_received: list[str] | None = None
    requested_catalogues: list[str] | None = None
    status_url: str | None = None


@model
class GatherJobReply:
    """The envelope of a reply."""

    data: GatherJob


@model
class SignatureStatus:
    """The status of one signature in one catalogue. ``result`` is JSON data; ``reason`` explains a missing result."""

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
    """The status of a search by signatures. Its results are available once ``results_url`` is set.

    Attributes:
        worker_status: the status of the search machine, such as ``"ONLINE"``.
    """

    group_id: str
    status: JobStatus
    signatures: list[SignatureStatus] = field(factory=list[SignatureStatus])
    worker_status: Any = None
    results_url: str | None = None

    @property
    def is_final(self) -> bool:
        """Return whether the search has finished, successfully or not. A ``results_url`` means that it has."""
        return self.status.is_final or self.results_url is not None


@model
class GatherStatusReply:
    """The envelope of a reply."""

    data: GatherStatus


@model
class SlidingTokenReply:
    """A token that is both the access token and the refresh token."""

    token: Secret
    token_type: str | None = None
