"""``client.analyses``: analyses of runs and assemblies, and their annotations."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk import CallOptions
from asdk.clients.mgnify.models import AnalysisDetail, AnalysisWithAnnotations, AnnotationType, TypedAnnotation
from asdk.clients.mgnify.queries import MGnifyResource, QuerySet


class Analyses(MGnifyResource):
    """Operations on analyses, by MGnify accession."""

    async def get(self, accession: str, **options: Unpack[CallOptions]) -> AnalysisDetail:
        """Fetch one analysis.

        Args:
            accession: the accession, ``MGYA`` and eight digits, such as ``"MGYA00000001"``.
            options: per-call options, see `CallOptions`.

        Returns:
            The analysis with its files, and either a ``run`` or an ``assembly``.

        Raises:
            NotFoundError: the analysis does not exist, or is private to another account.

        Source: MGnify API v2, ``GET /analyses/{accession}``.
        """
        return await self._client.request(
            "GET", "/analyses/{accession}", path_params={"accession": accession}, model=AnalysisDetail, **options
        )

    async def annotations(self, accession: str, **options: Unpack[CallOptions]) -> AnalysisWithAnnotations:
        """Fetch one analysis with all its annotations, which may be many megabytes.

        Args:
            accession: the accession of the analysis.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the analysis does not exist, or is private to another account.

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
        """List the annotations of one type.

        Args:
            accession: the accession of the analysis.
            annotation_type: the type, such as ``AnnotationType.PFAMS``.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

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
        """List the public analyses. Private analyses of the account are not included, even with a login.

        Args:
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /analyses/``.
        """
        filters = {"page_size": page_size}
        return QuerySet(self._client, "/analyses/", AnalysisDetail, filters, authenticate=False, options=options)
