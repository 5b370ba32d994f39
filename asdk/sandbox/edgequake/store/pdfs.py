"""PDF files and their text, read from the text operators by plain rules; the real server renders pages."""

import re

import attrs

from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.documents import Document

_SHOWN = re.compile(rb"(?<!\\)\(((?:[^()\\]|\\.)*)\)\s*Tj")
_ESCAPED = re.compile(rb"\\(.)")
_PAGE = re.compile(rb"/Type\s*/Page\b")


@attrs.frozen(eq=False, kw_only=True)
class Pdf:
    pdf_id: str
    filename: str
    data: bytes = attrs.field(repr=False)
    document: Document
    vision_enabled: bool = False
    vision_model: str | None = None

    @property
    def page_count(self) -> int:
        return pages(self.data)


def text(data: bytes, filename: str) -> str:
    """Return the text. Raise ApiError BAD_REQUEST if the file is not a PDF."""
    if not data.startswith(b"%PDF-"):
        raise ApiError("BAD_REQUEST", f"Not a PDF file: {filename}")
    shown = [_ESCAPED.sub(rb"\1", piece) for piece in _SHOWN.findall(data)]
    return b"\n".join(shown).decode("latin-1") or f"({filename} holds no text)"


def pages(data: bytes) -> int:
    return max(1, len(_PAGE.findall(data)))
