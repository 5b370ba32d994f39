"""``client.samples``, ``client.runs``, ``client.assemblies``: what was taken, sequenced and assembled."""

from __future__ import annotations

from typing_extensions import Unpack

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
from asdk.http.options import CallOptions


class Samples(MGnifyResource):
    """Samples, by any of their accessions."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> SampleDetail:
        """Fetch one sample.

        Args:
            accession: such as ``"SAMEA1000001"`` or ``"ERS500001"``.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The sample with its studies.

        Raises:
            NotFoundError: there is no such sample, or it is private and another account's.

        Source: MGnify API v2, ``GET /samples/{accession}``.
        """
        return await self._client.request(
            "GET", "/samples/{accession}", path_params={"accession": accession}, model=SampleDetail, **options
        )

    def runs(self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[Run]:
        """The sequencing runs of a sample.

        Args:
            accession: of the sample.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /samples/{accession}/runs/``.
        """
        return self._related("/samples/{accession}/runs/", Run, page_size, options, accession=accession)

    def assemblies(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[AssemblyDetail]:
        """The assemblies of a sample.

        Args:
            accession: of the sample.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

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
        """Public samples. A login is not needed, and the account's private ones are not among them.

        Args:
            search: part of the title or of an accession.
            biome_lineage: a biome, with all below it, such as ``"root:Environmental:Aquatic"``.
            order: ``"sample_title"`` or ``"updated_at"``, with ``-`` before it for the reverse.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /samples/``.
        """
        filters = {"search": search, "biome_lineage": biome_lineage, "order": order, "page_size": page_size}
        return QuerySet(self._client, "/samples/", Sample, filters, authenticate=False, options=options)


class Runs(MGnifyResource):
    """Sequencing runs, by the archive's accessions."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> RunDetail:
        """Fetch one run.

        Args:
            accession: such as ``"ERR3000001"``.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The run with its sample and its study.

        Raises:
            NotFoundError: there is no such run, or it is private and another account's.

        Source: MGnify API v2, ``GET /runs/{accession}``.
        """
        return await self._client.request(
            "GET", "/runs/{accession}", path_params={"accession": accession}, model=RunDetail, **options
        )

    def analyses(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[Analysis]:
        """The analyses of a run.

        Args:
            accession: of the run.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /runs/{accession}/analyses/``.
        """
        return self._related("/runs/{accession}/analyses/", Analysis, page_size, options, accession=accession)

    def assemblies(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[AssemblyDetail]:
        """The assemblies of a run.

        Args:
            accession: of the run.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

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
        """Runs: the public ones, and the account's own.

        Args:
            has_experiment_type: only runs of this type, by its code.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /runs/``.
        """
        filters = {"has_experiment_type": has_experiment_type, "page_size": page_size}
        return QuerySet(self._client, "/runs/", Run, filters, options=options)


class Assemblies(MGnifyResource):
    """Public assemblies, by the archive's accessions. The server looks at no token here."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> AssemblyDetail:
        """Fetch one public assembly.

        Args:
            accession: such as ``"ERZ700001"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such assembly, or it is private.

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
        """The analyses of an assembly.

        Args:
            accession: of the assembly.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /assemblies/{accession}/analyses``.
        """
        return self._related(
            "/assemblies/{accession}/analyses", Analysis, page_size, options, authenticate=False, accession=accession
        )

    def genomes(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[GenomeLink]:
        """The genomes that were made from an assembly.

        Args:
            accession: of the assembly.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

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
        """The further genomes that were found inside an assembly.

        Args:
            accession: of the assembly.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

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
        """Public assemblies.

        Args:
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /assemblies/``.
        """
        filters = {"page_size": page_size}
        return QuerySet(self._client, "/assemblies/", Assembly, filters, authenticate=False, options=options)
