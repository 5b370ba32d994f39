"""Lenders with an account, and their API keys."""

import attrs

from asdk.sandbox.apala.errors import ApiError


@attrs.frozen
class Company:
    id: str
    name: str


class Companies:
    """Companies by API key. A key is valid until it is revoked."""

    def __init__(self) -> None:
        self._by_key: dict[str, Company] = {}
        self._by_id: dict[str, Company] = {}
        self._revoked: set[str] = set()
        self._forbidden: set[str] = set()

    def add(self, company: Company, api_key: str) -> None:
        self._by_key[api_key] = self._by_id[company.id] = company

    def get(self, company_id: str) -> Company:
        return self._by_id[company_id]

    def identify(self, api_key: str) -> Company:
        """Return the company of a key.

        Raises:
            ApiError: 401 for an unknown or revoked key, 403 for one without permission.
        """
        company = self._by_key.get(api_key)
        if company is None:
            raise ApiError(401, "invalid_api_key", "Invalid API key")
        if api_key in self._revoked:
            raise ApiError(401, "invalid_api_key", "API key has been revoked")
        if api_key in self._forbidden:
            raise ApiError(403, "forbidden", "API key lacks the permission to use this API")
        return company

    def revoke(self, api_key: str) -> None:
        self._revoked.add(api_key)

    def forbid(self, api_key: str) -> None:
        self._forbidden.add(api_key)
