"""Models of publications, text-mining results and super studies. Returned by `Publications` and `SuperStudies`."""

from __future__ import annotations

from typing import Any

from asdk import model
from asdk.clients.mgnify.models.genomes import Catalogue
from asdk.clients.mgnify.models.studies import Study


@model
class Publication:
    """A paper about studies in MGnify."""

    title: str
    metadata: dict[str, Any]
    pubmed_id: int | None = None
    published_year: int | None = None


@model
class PublicationDetail(Publication):
    """A paper with its studies."""

    studies: list[Study]


@model
class MentionTag:
    """The ontology term of a mention."""

    name: str
    uri: str


@model
class Mention:
    """A mention in the text of a paper: the exact words and their context."""

    exact: str
    type: str
    tags: list[MentionTag]
    id: str | None = None
    prefix: str | None = None
    postfix: str | None = None
    provider: str | None = None
    section: str | None = None


@model
class TextAnnotation:
    """A term found by text mining, with its mentions."""

    annotation_text: str
    mentions: list[Mention]


@model
class TextAnnotationGroup:
    """The terms of one kind, such as ``"Kit"`` or ``"Body-Site"``."""

    annotation_type: str
    title: str
    description: str
    annotations: list[TextAnnotation]


@model
class PublicationAnnotations:
    """The text-mining results of a paper, on sample processing and on other topics. Source: Europe PMC."""

    sample_processing: list[TextAnnotationGroup]
    other: list[TextAnnotationGroup]


@model
class SuperStudy:
    """A group of related studies and catalogues; ``slug`` is its name in web addresses."""

    slug: str
    title: str
    description: str | None = None
    logo_url: str | None = None


@model
class SuperStudyDetail(SuperStudy):
    """A super study with its studies and catalogues."""

    flagship_studies: list[Study]
    related_studies: list[Study]
    genome_catalogues: list[Catalogue]
