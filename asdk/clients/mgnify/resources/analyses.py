"""``client.analyses``: what the pipeline made of runs and assemblies, and its annotations."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk.clients.mgnify.models import AnalysisDetail, AnalysisWithAnnotations, AnnotationType, TypedAnnotation
from asdk.clients.mgnify.queries import MGnifyResource, QuerySet
from asdk.http.options import CallOptions


class Analyses(MGnifyResource):
    """Analyses, by the accession that MGnify has given them."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> AnalysisDetail:
        """Fetch one analysis.

        Args:
            accession: ``MGYA`` and eight digits, such as ``"MGYA00000001"``.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The analysis with its files; either ``run`` or ``assembly`` is None.

        Raises:
            NotFoundError: there is no such analysis, or it is private and another account's.

        Source: MGnify API v2, ``GET /analyses/{accession}``.
        """
        return await self._client.request(
            "GET", "/analyses/{accession}", path_params={"accession": accession}, model=AnalysisDetail, **options
        )

    async def annotations(self, accession: str, **options: Unpack[CallOptions]) -> AnalysisWithAnnotations:
        """Fetch one analysis with all its annotations at once, which may be many megabytes.

        Args:
            accession: of the analysis.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such analysis, or it is private and another account's.

        Source: MGnify API v2, ``GET /analyses/{accession}/annotations``.
        """
        return await self._client.request(
            "GET",
            "/analyses/{accession}/annotations",
            path_params={"accession": accession},
            model=AnalysisWithAnnotations,
            **options,
        )

    def typed_annotations(
        self,
        accession: str,
        annotation_type: AnnotationType | str,
        *,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[TypedAnnotation]:
        """The annotations of one kind.

        Args:
            accession: of the analysis.
            annotation_type: the kind, such as ``AnnotationType.PFAMS``.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /analyses/{accession}/annotations/{annotation_type}``.
        """
        return self._related(
            "/analyses/{accession}/annotations/{annotation_type}",
            TypedAnnotation,
            page_size,
            options,
            accession=accession,
            annotation_type=annotation_type,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[AnalysisDetail]:
        """Public analyses. A login is not needed, and the account's private ones are not among them.

        Args:
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /analyses/``.
        """
        filters = {"page_size": page_size}
        return QuerySet(self._client, "/analyses/", AnalysisDetail, filters, authenticate=False, options=options)
