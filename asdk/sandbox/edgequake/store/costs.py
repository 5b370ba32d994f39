"""Simulated cost of processing a document: a fixed price for counted tokens."""

import attrs

from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.documents import Document

INPUT_PER_1K, OUTPUT_PER_1K = 0.0001, 0.0004
_TOKENS_PER_ENTITY = 20


@attrs.frozen
class Cost:
    input_tokens: int
    output_tokens: int

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def usd(self) -> float:
        return round((self.input_tokens * INPUT_PER_1K + self.output_tokens * OUTPUT_PER_1K) / 1000, 8)


def cost_of(document: Document) -> Cost:
    return Cost(extraction.tokens(document.content), _TOKENS_PER_ENTITY * len(document.entities))
