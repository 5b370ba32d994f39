"""The values that travel (requests, responses, headers, URLs, bodies) and the parsers of HTTP's fields. No I/O."""
