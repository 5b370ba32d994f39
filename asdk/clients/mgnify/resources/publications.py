"""``client.publications``, ``client.biomes``, ``client.super_studies``: what describes the rest. All is public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.mgnify.models import (
    Biome,
    Publication,
    PublicationAnnotations,
    PublicationDetail,
    SuperStudy,
    SuperStudyDetail,
)
from asdk.clients.mgnify.queries import QuerySet
from asdk.http.options import CallOptions
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Publications(Resource["MGnify"]):
    """Papers about studies, by their ids in PubMed."""

    async def get(self, pubmed_id: int | str, **options: Unpack[CallOptions]) -> PublicationDetail:
        """Fetch one publication.

        Args:
            pubmed_id: its number in PubMed.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The publication with its studies.

        Raises:
            NotFoundError: MGnify has no such publication.
            UnprocessableError: the id is no number.

        Source: MGnify API v2, ``GET /publications/{pubmed_id}``.
        """
        return await self._client.request(
            "GET",
            "/publications/{pubmed_id}",
            path_params={"pubmed_id": pubmed_id},
            model=PublicationDetail,
            authenticate=False,
            **options,
        )

    async def annotations(self, pubmed_id: int | str, **options: Unpack[CallOptions]) -> PublicationAnnotations:
        """Fetch what text mining found in a publication.

        Args:
            pubmed_id: its number in PubMed.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: MGnify has no such publication.

        Source: MGnify API v2, ``GET /publications/{pubmed_id}/annotations``.
        """
        return await self._client.request(
            "GET",
            "/publications/{pubmed_id}/annotations",
            path_params={"pubmed_id": pubmed_id},
            model=PublicationAnnotations,
            authenticate=False,
            **options,
        )

    def list(
        self,
        *,
        title: str | None = None,
        published_after: int | None = None,
        published_before: int | None = None,
        order: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Publication]:
        """Publications.

        Args:
            title: part of the title.
            published_after: a year; it belongs to the range.
            published_before: a year; it belongs to the range.
            order: ``"published_year"``, with ``-`` before it for the reverse.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /publications/``.
        """
        filters = {
            "title": title,
            "published_after": published_after,
            "published_before": published_before,
            "order": order,
            "page_size": page_size,
        }
        return QuerySet(self._client, "/publications/", Publication, filters, authenticate=False, options=options)


class Biomes(Resource["MGnify"]):
    """The tree of biomes."""

    def list(
        self,
        *,
        biome_lineage: str | None = None,
        max_depth: int | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Biome]:
        """Biomes.

        Args:
            biome_lineage: a biome, with all below it, such as ``"root:Environmental"``.
            max_depth: the levels of the tree to show, ``root`` being the first.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /biomes/``.
        """
        filters = {"biome_lineage": biome_lineage, "max_depth": max_depth, "page_size": page_size}
        return QuerySet(self._client, "/biomes/", Biome, filters, authenticate=False, options=options)


class SuperStudies(Resource["MGnify"]):
    """Studies and catalogues that belong together."""

    async def get(self, slug: str, **options: Unpack[CallOptions]) -> SuperStudyDetail:
        """Fetch one super study.

        Args:
            slug: its name in web addresses.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The super study with its studies and catalogues.

        Raises:
            NotFoundError: there is no such super study.

        Source: MGnify API v2, ``GET /super-studies/{slug}``.
        """
        return await self._client.request(
            "GET",
            "/super-studies/{slug}",
            path_params={"slug": slug},
            model=SuperStudyDetail,
            authenticate=False,
            **options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[SuperStudy]:
        """Super studies.

        Args:
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /super-studies/``.
        """
        filters = {"page_size": page_size}
        return QuerySet(self._client, "/super-studies/", SuperStudy, filters, authenticate=False, options=options)
