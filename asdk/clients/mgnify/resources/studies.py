"""``client.studies``: studies, those of the account, and what belongs to a study."""

from __future__ import annotations

from typing_extensions import Unpack

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
from asdk.http.options import CallOptions


class Studies(MGnifyResource):
    """Studies, by the accession that MGnify has given them."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> StudyDetail:
        """Fetch one study.

        Args:
            accession: ``MGYS`` and eight digits, such as ``"MGYS00000001"``.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The study; ``downloads`` has an entry per file, or none.

        Raises:
            NotFoundError: there is no such study, or it is private and another account's.

        Source: MGnify API v2, ``GET /studies/{accession}``.
        """
        return await self._client.request(
            "GET", "/studies/{accession}", path_params={"accession": accession}, model=StudyDetail, **options
        )

    async def lookup(self, insdc_accession: str, **options: Unpack[CallOptions]) -> StudyAccession:
        """Find MGnify's accession of a public study by one of the archive's.

        Args:
            insdc_accession: such as ``"ERP123456"`` or ``"PRJEB12345"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no public study has it.

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
        """The analyses of a study.

        Args:
            accession: of the study.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /studies/{accession}/analyses/``.
        """
        return self._related("/studies/{accession}/analyses/", Analysis, page_size, options, accession=accession)

    def publications(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[Publication]:
        """The publications about a study.

        Args:
            accession: of the study.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /studies/{accession}/publications/``.
        """
        return self._related("/studies/{accession}/publications/", Publication, page_size, options, accession=accession)

    def samples(
        self, accession: str, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> QuerySet[SampleWithMetadata]:
        """The samples of a study.

        Args:
            accession: of the study.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /studies/{accession}/samples/``.
        """
        return self._related(
            "/studies/{accession}/samples/", SampleWithMetadata, page_size, options, accession=accession
        )

    def private(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[Study]:
        """The private studies of the account, also as ``client.private_studies``.

        Args:
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

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
        """Public studies. A login is not needed, and the account's private ones are not among them.

        Args:
            search: part of the title or of an archive's accession, or MGnify's accession.
            biome_lineage: a biome, with all below it, such as ``"root:Environmental:Aquatic"``.
            has_analyses_from_pipeline: only studies that this version of the pipeline has analysed.
            order: ``"accession"`` or ``"updated_at"``, with ``-`` before it for the reverse.
            page_size: how many to fetch at a time, 100 at most: the server cuts more without a word.
            options: what these calls do differently, see `CallOptions`.

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
