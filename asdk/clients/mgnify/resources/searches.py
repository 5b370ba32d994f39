"""``client.searches``: look for a fragment in all genomes, or for signatures, in a job that takes its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.mgnify.models import (
    FragmentSearch,
    FragmentSearchReply,
    GatherJob,
    GatherJobReply,
    GatherStatus,
    GatherStatusReply,
)
from asdk.errors import DeadlineExceededError
from asdk.http.bodies import FileTypes
from asdk.http.options import CallOptions, omit_none
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Searches(Resource["MGnify"]):
    """Searches in the catalogues' genomes. All are open to everybody."""

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
        """Find the genomes that hold a fragment of DNA.

        Args:
            sequence: bases as plain text, or FASTA.
            catalogues: ids of the catalogues to look in; left out, all.
            threshold: the share of k-mers that must be found, from 0 to 1.
            max_results: how many genomes at most.
            kmer_size: the length of the k-mers that are compared.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The genomes, best match first.

        Raises:
            BadRequestError: the sequence or another value is refused.
            ServerError: 502 or 503, the machine that searches fails or cannot be reached.

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
        """Find the genomes that hold the fragment in a FASTA file; the rest as for `fragment`.

        Args:
            file: a path, bytes, or an open binary file.
            catalogues: see `fragment`.
            threshold: see `fragment`.
            max_results: see `fragment`.
            kmer_size: see `fragment`.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: the sequence or another value is refused.
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
        """Start a search of signatures in catalogues. Each call starts another one.

        Args:
            files: sketches of genomes, as JSON: paths, bytes, or open binary files.
            catalogues: ids of the catalogues to look in.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The job; `wait` waits for its end.

        Raises:
            BadRequestError: a file is no signature, or a catalogue is unknown.

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
        """Ask how far a search is.

        Args:
            job_id: of the search.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such job.

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
        """Ask again and again until a search has ended, well or not.

        Args:
            job_id: of the search.
            within: seconds to wait at most; None for as long as it takes.
            interval: seconds between two questions.
            options: what each question does differently, see `CallOptions`.

        Raises:
            DeadlineExceededError: it has not ended within the time; it goes on.
            NotFoundError: there is no such job.

        Source: MGnify API v2, ``GET /genomes-search/status/{job_id}/``.
        """
        clock = self._client.clock
        deadline = None if within is None else clock.monotonic() + within
        while True:
            found = await self.status(job_id, **options)
            if found.is_final:
                return found
            if deadline is not None and clock.monotonic() + interval > deadline:
                raise DeadlineExceededError(f"the search {job_id} is {found.status} after {within:g} s, and goes on")
            await clock.sleep(interval)

    async def results(self, job_id: str, **options: Unpack[CallOptions]) -> bytes:
        """Fetch the results of a search that has ended.

        Args:
            job_id: of the whole search, or of one signature in one catalogue.
            options: what this call does differently, see `CallOptions`.

        Returns:
            A gzipped tar archive with a table per signature for the whole search; one CSV table for one of them.
            ``files.download(status.results_url, "results.tgz")`` puts it on the disk instead.

        Raises:
            NotFoundError: there is no such job, or no result yet.

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
