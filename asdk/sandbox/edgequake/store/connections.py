"""Endpoints of providers stored by the server; their keys are stored as fingerprints."""

import hashlib
from typing import Any

import attrs

from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.ids import Ids


@attrs.define(eq=False, kw_only=True)
class Connection:
    id: str
    slug: str
    display_name: str
    api_shape: str
    base_url: str
    tenant_id: str | None = None
    locality: str = "remote"
    auth_scheme: str = "bearer"
    key_fingerprint: str | None = None
    timeout_secs: int = 60
    allow_private_network: bool = False
    source: str = "database"
    last_test_ok: bool | None = None
    last_test_error: str | None = None


class Connections:
    """All connections, in order of creation."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_id: dict[str, Connection] = {}

    def all(self) -> list[Connection]:
        return list(self._by_id.values())

    def get(self, connection_id: str) -> Connection:
        """Return a connection. Raise ApiError NOT_FOUND if it is unknown."""
        connection = self._by_id.get(connection_id)
        if connection is None:
            raise not_found("Connection", connection_id)
        return connection

    def create(self, given: dict[str, Any]) -> Connection:
        """Add a connection. Raise ApiError BAD_REQUEST or CONFLICT."""
        self._check(given, None)
        connection = Connection(id=self._ids.uuid(), **_stored(given))
        self._by_id[connection.id] = connection
        return connection

    def replace(self, connection: Connection, given: dict[str, Any]) -> None:
        """Replace a connection; without a new key, the old one stays. Raise ApiError BAD_REQUEST or CONFLICT."""
        self._check(given, connection)
        for name, value in _stored(given).items():
            setattr(connection, name, value)

    def delete(self, connection_id: str) -> None:
        """Delete a connection. Raise ApiError NOT_FOUND if it is unknown."""
        del self._by_id[self.get(connection_id).id]

    def _check(self, given: dict[str, Any], of: Connection | None) -> None:
        if not given["base_url"].startswith(("http://", "https://")):
            raise ApiError("BAD_REQUEST", f"base_url is no http address: {given['base_url']}")
        if any(other.slug == given["slug"] for other in self._by_id.values() if other is not of):
            raise ApiError("CONFLICT", f"slug already taken: {given['slug']}")


def _stored(given: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in given.items() if name != "api_key"}
    key = given.get("api_key")
    return fields if key is None else fields | {"key_fingerprint": hashlib.sha256(key.encode()).hexdigest()[:12]}
