"""``client.samples``, ``client.runs`` and ``client.assemblies``: samples, sequencing runs and assemblies."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk import CallOptions
from asdk.clients.mgnify.models import (
    Analysis,
    Assembly,
    AssemblyDetail,
    ContainedGenome,
    ExperimentType,
    GenomeLink,
    Run,
    RunDetail,
    Sample,
    SampleDetail,
)
from asdk.clients.mgnify.queries import MGnifyResource, QuerySet


class Samples(MGnifyResource):
    """Operations on samples, by any of their accessions."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> SampleDetail:
        """Fetch one sample.

        Args:
            accession: the accession, such as ``"SAMEA1000001"`` or ``"ERS500001"``.
            options: per-call options, see `CallOptions`.

        Returns:
            The sample with its studies.

        Raises:
            NotFoundError: the sample does not exist, or is private to another account.

        Source: MGnify API v2, ``GET /samples/{accession}``.
        """
        return await self._client.request(
            "GET", "/samples/{accession}", path_params={"accession": accession}, model=SampleDetail, **options
        )

    def runs(self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[Run]:
        """List the sequencing runs of a sample.

        Args:
            accession: the accession of the sample.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /samples/{accession}/runs/``.
        """
        return self._related("/samples/{accession}/runs/", Run, page_size, options, accession=accession)

    def assemblies(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[AssemblyDetail]:
        """List the assemblies of a sample.

        Args:
            accession: the accession of the sample.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /samples/{accession}/assemblies/``.
        """
        return self._related(
            "/samples/{accession}/assemblies/", AssemblyDetail, page_size, options, accession=accession
        )

    def list(
        self,
        *,
        search: str | None = None,
        biome_lineage: str | None = None,
        order: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Sample]:
        """List the public samples. Private samples of the account are not included, even with a login.

        Args:
            search: part of the title or of an accession.
            biome_lineage: a biome, with all below it, such as ``"root:Environmental:Aquatic"``.
            order: ``"sample_title"`` or ``"updated_at"``, with ``-`` before it for the reverse.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /samples/``.
        """
        filters = {"search": search, "biome_lineage": biome_lineage, "order": order, "page_size": page_size}
        return QuerySet(self._client, "/samples/", Sample, filters, authenticate=False, options=options)


class Runs(MGnifyResource):
    """Operations on sequencing runs, by archive accession."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> RunDetail:
        """Fetch one run.

        Args:
            accession: the accession, such as ``"ERR3000001"``.
            options: per-call options, see `CallOptions`.

        Returns:
            The run with its sample and its study.

        Raises:
            NotFoundError: the run does not exist, or is private to another account.

        Source: MGnify API v2, ``GET /runs/{accession}``.
        """
        return await self._client.request(
            "GET", "/runs/{accession}", path_params={"accession": accession}, model=RunDetail, **options
        )

    def analyses(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[Analysis]:
        """List the analyses of a run.

        Args:
            accession: the accession of the run.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /runs/{accession}/analyses/``.
        """
        return self._related("/runs/{accession}/analyses/", Analysis, page_size, options, accession=accession)

    def assemblies(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[AssemblyDetail]:
        """List the assemblies of a run.

        Args:
            accession: the accession of the run.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /runs/{accession}/assemblies/``.
        """
        return self._related("/runs/{accession}/assemblies/", AssemblyDetail, page_size, options, accession=accession)

    def list(
        self,
        *,
        has_experiment_type: ExperimentType | str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Run]:
        """List the public runs and the account's own.

        Args:
            has_experiment_type: only runs of this type, by its code.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /runs/``.
        """
        filters = {"has_experiment_type": has_experiment_type, "page_size": page_size}
        return QuerySet(self._client, "/runs/", Run, filters, options=options)


class Assemblies(MGnifyResource):
    """Operations on public assemblies, by archive accession. The server ignores tokens here."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> AssemblyDetail:
        """Fetch one public assembly.

        Args:
            accession: the accession, such as ``"ERZ700001"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the assembly does not exist, or is private.

        Source: MGnify API v2, ``GET /assemblies/{accession}``.
        """
        return await self._client.request(
            "GET",
            "/assemblies/{accession}",
            path_params={"accession": accession},
            model=AssemblyDetail,
            authenticate=False,
            **options,
        )

    def analyses(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[Analysis]:
        """List the analyses of an assembly.

        Args:
            accession: the accession of the assembly.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /assemblies/{accession}/analyses``.
        """
        return self._related(
            "/assemblies/{accession}/analyses", Analysis, page_size, options, authenticate=False, accession=accession
        )

    def genomes(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[GenomeLink]:
        """List the genomes built from an assembly.

        Args:
            accession: the accession of the assembly.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /assemblies/{accession}/genome-links``.
        """
        return self._related(
            "/assemblies/{accession}/genome-links",
            GenomeLink,
            page_size,
            options,
            authenticate=False,
            accession=accession,
        )

    def contained_genomes(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[ContainedGenome]:
        """List the additional genomes found in an assembly.

        Args:
            accession: the accession of the assembly.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /assemblies/{accession}/additional-contained-genomes``.
        """
        return self._related(
            "/assemblies/{accession}/additional-contained-genomes",
            ContainedGenome,
            page_size,
            options,
            authenticate=False,
            accession=accession,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[Assembly]:
        """List the public assemblies.

        Args:
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /assemblies/``.
        """
        filters = {"page_size": page_size}
        return QuerySet(self._client, "/assemblies/", Assembly, filters, authenticate=False, options=options)
