"""``client.searches``: searches for a DNA fragment, or for signatures in a background job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, DeadlineExceededError, Resource, Timeout, omit_none
from asdk.client import poll
from asdk.clients.mgnify.models import (
    FragmentSearch,
    FragmentSearchReply,
    GatherJob,
    GatherJobReply,
    GatherStatus,
    GatherStatusReply,
)
from asdk.http import FileTypes

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Searches(Resource["MGnify"]):
    """Operations that search the genomes of the catalogues. They require no account."""

    async def fragment(
        self,
        sequence: str,
        *,
        catalogues: Sequence[str] | None = None,
        threshold: float | None = None,
        max_results: int | None = None,
        kmer_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> FragmentSearch:
        """Find the genomes that contain a fragment of DNA.

        Args:
            sequence: the bases as plain text, or as FASTA.
            catalogues: the ids of the catalogues to search; by default all.
            threshold: the share of k-mers that must be found, from 0 to 1.
            max_results: the maximum number of genomes.
            kmer_size: the length of the k-mers.
            options: per-call options, see `CallOptions`.

        Returns:
            The genomes, best match first.

        Raises:
            BadRequestError: the server rejects the sequence or another value.
            ServerError: 502 or 503, the search machine failed or could not be reached.

        Source: MGnify API v2, ``POST /genome-search/``.
        """
        body = omit_none(
            sequence=sequence,
            catalogues_filter=catalogues,
            threshold=threshold,
            max_results=max_results,
            kmer_size=kmer_size,
        )
        reply = await self._client.request(
            "POST",
            "/genome-search/",
            json=body,
            model=FragmentSearchReply,
            authenticate=False,
            idempotent=True,
            **options,
        )
        return reply.data

    async def fragment_file(
        self,
        file: FileTypes,
        *,
        catalogues: Sequence[str] | None = None,
        threshold: float | None = None,
        max_results: int | None = None,
        kmer_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> FragmentSearch:
        """Find the genomes that contain the fragment in a FASTA file; see `fragment`.

        Args:
            file: a path, bytes, or an open binary file.
            catalogues: see `fragment`.
            threshold: see `fragment`.
            max_results: see `fragment`.
            kmer_size: see `fragment`.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects the sequence or another value.
            InvalidRequestError: the file cannot be read, or was opened in text mode.

        Source: MGnify API v2, ``POST /genome-search/``.
        """
        reply = await self._client.request(
            "POST",
            "/genome-search/",
            form=omit_none(
                catalogues_filter=catalogues, threshold=threshold, max_results=max_results, kmer_size=kmer_size
            ),
            files={"sequence_file": file},
            model=FragmentSearchReply,
            authenticate=False,
            idempotent=True,
            **options,
        )
        return reply.data

    async def gather(
        self, files: Sequence[FileTypes], catalogues: Sequence[str], **options: Unpack[CallOptions]
    ) -> GatherJob:
        """Start a search for signatures in catalogues. Each call starts a new job.

        Args:
            files: JSON sketches of genomes: paths, bytes, or open binary files.
            catalogues: the ids of the catalogues to search.
            options: per-call options, see `CallOptions`.

        Returns:
            The job; `wait` waits until it has finished.

        Raises:
            BadRequestError: a file is not a signature, or a catalogue is unknown.

        Source: MGnify API v2, ``POST /genomes-search/gather/``.
        """
        reply = await self._client.request(
            "POST",
            "/genomes-search/gather/",
            form={"mag_catalogues": catalogues},
            files=[("file_uploaded", file) for file in files],
            model=GatherJobReply,
            authenticate=False,
            **options,
        )
        return reply.data

    async def status(self, job_id: str, **options: Unpack[CallOptions]) -> GatherStatus:
        """Fetch the status of a search.

        Args:
            job_id: the id of the job.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the job does not exist.

        Source: MGnify API v2, ``GET /genomes-search/status/{job_id}/``.
        """
        reply = await self._client.request(
            "GET",
            "/genomes-search/status/{job_id}/",
            path_params={"job_id": job_id},
            model=GatherStatusReply,
            authenticate=False,
            **options,
        )
        return reply.data

    async def wait(
        self, job_id: str, *, within: float | None = None, interval: float = 5.0, **options: Unpack[CallOptions]
    ) -> GatherStatus:
        """Poll a search until it has finished, successfully or not.

        Args:
            job_id: the id of the job.
            within: the maximum time to wait, in seconds; None to wait until the end.
            interval: the time between two requests, in seconds.
            options: options of each request, see `CallOptions`.

        Raises:
            DeadlineExceededError: the search did not finish in time; it continues on the server.
            NotFoundError: the job does not exist.

        Source: MGnify API v2, ``GET /genomes-search/status/{job_id}/``.
        """
        request = self._client.build_request("GET", "/", **options)  # has the effective clock and timeout

        async def check(limit: Timeout) -> GatherStatus:
            options["timeout"] = limit
            return await self.status(job_id, **options)

        def timeout_error(seen: GatherStatus | None) -> DeadlineExceededError:
            status = "still running" if seen is None else f"still {seen.status}"
            return DeadlineExceededError(f"the search {job_id} is {status} after {within:g} s; call wait again")

        return await poll(
            check,
            lambda seen: seen.is_final,
            clock=request.clock,
            timeout=within,
            check_timeout=request.options.timeout,
            interval=interval,
            timeout_error=timeout_error,
        )

    async def results(self, job_id: str, **options: Unpack[CallOptions]) -> bytes:
        """Fetch the results of a finished search.

        Args:
            job_id: the id of the whole search, or of one signature in one catalogue.
            options: per-call options, see `CallOptions`.

        Returns:
            A gzipped tar archive with one table per signature for the whole search, or one CSV table for one signature.
            ``files.download(status.results_url, "results.tgz")`` saves it to disk instead.

        Raises:
            NotFoundError: the job does not exist, or has no results yet.

        Source: MGnify API v2, ``GET /genomes-search/results/{job_id}/``.
        """
        async with self._client.stream(
            "GET",
            "/genomes-search/results/{job_id}/",
            path_params={"job_id": job_id},
            authenticate=False,
            **options,
        ) as response:
            return await response.read()
