"""``client.studies``: public and private studies, and their related records."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk import CallOptions
from asdk.clients.mgnify.models import (
    Analysis,
    PipelineVersion,
    Publication,
    SampleWithMetadata,
    Study,
    StudyAccession,
    StudyDetail,
)
from asdk.clients.mgnify.queries import MGnifyResource, QuerySet


class Studies(MGnifyResource):
    """Operations on studies, by MGnify accession."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> StudyDetail:
        """Fetch one study.

        Args:
            accession: the accession, ``MGYS`` and eight digits, such as ``"MGYS00000001"``.
            options: per-call options, see `CallOptions`.

        Returns:
            The study; ``downloads`` has one entry per file and may be empty.

        Raises:
            NotFoundError: the study does not exist, or is private to another account.

        Source: MGnify API v2, ``GET /studies/{accession}``.
        """
        return await self._client.request(
            "GET", "/studies/{accession}", path_params={"accession": accession}, model=StudyDetail, **options
        )

    async def lookup(self, insdc_accession: str, **options: Unpack[CallOptions]) -> StudyAccession:
        """Find the MGnify accession of a public study by its archive accession.

        Args:
            insdc_accession: the archive accession, such as ``"ERP123456"`` or ``"PRJEB12345"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: no public study has this accession.

        Source: MGnify API v2, ``GET /studies/insdc/{accession}``.
        """
        return await self._client.request(
            "GET",
            "/studies/insdc/{accession}",
            path_params={"accession": insdc_accession},
            model=StudyAccession,
            authenticate=False,
            **options,
        )

    def analyses(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[Analysis]:
        """List the analyses of a study.

        Args:
            accession: the accession of the study.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /studies/{accession}/analyses/``.
        """
        return self._related("/studies/{accession}/analyses/", Analysis, page_size, options, accession=accession)

    def publications(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[Publication]:
        """List the publications about a study.

        Args:
            accession: the accession of the study.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /studies/{accession}/publications/``.
        """
        return self._related("/studies/{accession}/publications/", Publication, page_size, options, accession=accession)

    def samples(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[SampleWithMetadata]:
        """List the samples of a study.

        Args:
            accession: the accession of the study.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /studies/{accession}/samples/``.
        """
        return self._related(
            "/studies/{accession}/samples/", SampleWithMetadata, page_size, options, accession=accession
        )

    def private(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[Study]:
        """List the account's private studies, also available as ``client.private_studies``.

        Args:
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /my-data/studies/``.
        """
        return QuerySet(self._client, "/my-data/studies/", Study, {"page_size": page_size}, options=options)

    def list(
        self,
        *,
        search: str | None = None,
        biome_lineage: str | None = None,
        has_analyses_from_pipeline: PipelineVersion | str | None = None,
        order: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Study]:
        """List the public studies. Private studies of the account are not included, even with a login.

        Args:
            search: part of the title or of an archive accession, or a MGnify accession.
            biome_lineage: a biome, including its descendants, such as ``"root:Environmental:Aquatic"``.
            has_analyses_from_pipeline: only studies analyzed by this version of the pipeline.
            order: ``"accession"`` or ``"updated_at"``, prefixed with ``-`` for descending order.
            page_size: items per page, at most 100; the server silently caps larger values.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /studies/``.
        """
        filters = {
            "search": search,
            "biome_lineage": biome_lineage,
            "has_analyses_from_pipeline": has_analyses_from_pipeline,
            "order": order,
            "page_size": page_size,
        }
        return QuerySet(self._client, "/studies/", Study, filters, authenticate=False, options=options)
