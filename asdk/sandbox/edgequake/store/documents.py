"""Documents, and the filters that select some of them for lists and queries."""

from datetime import UTC, datetime, timedelta
from typing import Any, Self

import attrs

from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.extraction import Chunk

STATUSES = ("pending", "processing", "completed", "partial_failure", "failed", "cancelled")
SEARCHABLE = frozenset({"completed", "partial_failure"})


@attrs.frozen
class Figure:
    """Picture in a text: ``![caption](name)``."""

    item_id: str
    name: str
    caption: str


@attrs.define(eq=False, kw_only=True)
class Document:
    id: str
    track_id: str
    content: str = attrs.field(repr=False)
    content_hash: str
    created_at: float
    updated_at: float
    source_type: str
    mime_type: str
    size: int
    title: str | None = None
    file_name: str | None = None
    metadata: Any = None
    status: str = "pending"
    processing_from: float
    """When it leaves pending."""
    processing_until: float
    """When it reaches its final status."""
    outcome: str = "completed"
    outcome_message: str | None = None
    deleted: bool = False
    pdf_id: str | None = None
    """PDF that it was made from."""
    figures: list[Figure] | None = None
    """Its pictures; None until they are searched for."""
    attempt: int = 0
    """Number of the processing attempt; status changes planned for an earlier one are dropped."""
    # Empty until it is processed:
    chunks: list[Chunk] = attrs.field(factory=list[Chunk], repr=False)
    entities: list[str] = attrs.field(factory=list[str], repr=False)
    relationships: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]], repr=False)

    @property
    def name(self) -> str:
        """Return the name for lists."""
        return self.title or self.file_name or self.id

    @property
    def is_settled(self) -> bool:
        return self.status not in ("pending", "processing")


@attrs.frozen(kw_only=True)
class DocumentFilter:
    """Conditions on a document; a condition that is None matches every document."""

    status: str | None = None
    created_from: float | None = None
    created_before: float | None = None
    patterns: tuple[str, ...] = ()
    """Lower-case patterns, one of which the title or the file name must contain."""
    ids: frozenset[str] | None = None

    @classmethod
    def parse(
        cls,
        *,
        status: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        document_pattern: str | None = None,
        document_ids: list[str] | None = None,
    ) -> Self:
        """Parse the conditions of a request.

        Args:
            date_from: a date or an RFC 3339 time.
            date_to: a time, included; a date, whose whole day is included.
            document_pattern: parts of titles or file names, separated by commas.

        Raises:
            ApiError: BAD_REQUEST, for text that is neither a date nor a time.
        """
        pieces = (piece.strip().lower() for piece in (document_pattern or "").split(","))
        return cls(
            status=status or None,
            created_from=None if not date_from else _moment(date_from),
            created_before=None if not date_to else _moment_after(date_to),
            patterns=tuple(piece for piece in pieces if piece),
            ids=None if document_ids is None else frozenset(document_ids),
        )

    @property
    def accepts_all(self) -> bool:
        return self == DocumentFilter()

    def accepts(self, document: Document) -> bool:
        names = f"{document.title or ''}\n{document.file_name or ''}".lower()
        return (
            (self.status is None or document.status == self.status)
            and (self.created_from is None or document.created_at >= self.created_from)
            and (self.created_before is None or document.created_at < self.created_before)
            and (not self.patterns or any(pattern in names for pattern in self.patterns))
            and (self.ids is None or document.id in self.ids)
        )


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ApiError("BAD_REQUEST", f"neither a date nor a time: {text}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _moment_after(text: str) -> float:
    whole_day = len(text) == len("2026-01-01")
    step = timedelta(days=1) if whole_day else timedelta(microseconds=1)
    return _moment(text) + step.total_seconds()
