"""`RequestBuilder`: what a copy of a client changes, and the building of requests. No I/O.

Owned by `BaseClient`; `with_options` makes another builder and keeps the `Session`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import uuid4

import attrs
from typing_extensions import Unpack

from asdk.client.options import RequestArguments
from asdk.clock import Clock
from asdk.errors import InvalidRequestError, did_you_mean
from asdk.http.bodies import ContentTypes, Files, make_body
from asdk.http.headers import Headers
from asdk.http.options import CallOptions, Options, Tenant, conditions, merge_options, scoped_tenant
from asdk.http.request import Request
from asdk.http.urls import BaseURL, Origin, QueryStyle, parse_url, path_template
from asdk.middleware.chain import SendStep
from asdk.secret import MaskedBytes
from asdk.unset import UNSET, Unset

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "QUERY"})

# Methods that mean the same when they are sent twice (RFC 9110, section 9.2.2; RFC 10008 for QUERY).
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"})
_DEFAULTS = Options()

# All arguments of a call, for the error message about another one.
_ARGUMENTS = ("method", "template", "model", *RequestArguments.__annotations__)

_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Z]+").fullmatch


@attrs.define(eq=False)
class RequestBuilder:
    """Builds the requests of one client or of one copy of it.

    Attributes:
        base: the base URL.
        server: the base URL of path templates, unless a call names another of the servers.
        servers: the other servers of the API, by name.
        trusted: the origins of all of them, which get the token, the tenant and the headers.
        clock: of every request.
        options: of every call that does not say otherwise.
        headers: default header fields of every request.
        on_send: the steps of every request, see `Request.on_send`.
        query_style: how the API writes values in a query.
        idempotency_header: the name of the header for an idempotency key.
        plain_headers: lower-case names of header fields whose values are not masked.
        allow_insecure: whether secrets may be sent over plain http to another machine.
        tenant_pinned: whether `with_options` named the tenant, which then wins over a `tenant_scope`.
        makes_keys: whether each request gets an idempotency key of its own.
    """

    base: BaseURL
    server: BaseURL
    servers: Mapping[str, BaseURL]
    trusted: frozenset[Origin]
    clock: Clock
    options: Options
    headers: Headers
    on_send: tuple[SendStep, ...]
    query_style: QueryStyle
    idempotency_header: str
    plain_headers: frozenset[str] = frozenset()
    allow_insecure: bool = False
    tenant_pinned: bool = False
    makes_keys: bool = False

    def with_options(self, options: CallOptions) -> RequestBuilder:
        """Return a builder that does some things differently.

        Raises:
            InvalidRequestError: an option is unknown or invalid.
        """
        merged, pinned, makes_keys = merge_options(self.options, options), self.tenant_pinned, self.makes_keys
        for name in ("if_match", "if_none_match"):
            if name in options:
                raise InvalidRequestError(f"{name} must be passed to a call: an entity tag is that of one resource")
        tenant = options.get("tenant", UNSET)
        if not isinstance(tenant, Unset):
            merged, pinned = attrs.evolve(merged, tenant=tenant), True
        key = options.get("idempotency_key", UNSET)
        if isinstance(key, str):
            raise InvalidRequestError(
                "idempotency_key must be True or None here, got str: one key for all calls would make them one; pass "
                "True, or a key per call"
            )
        if not isinstance(key, Unset):
            makes_keys = bool(key)
        server = self.server if "server" not in options else self._server(options["server"])
        headers = options.get("headers")
        fields = self.headers
        if headers:
            fields = fields.copy()
            fields.merge(headers, plain=self.plain_headers)
        return attrs.evolve(
            self, options=merged, server=server, headers=fields, tenant_pinned=pinned, makes_keys=makes_keys
        )

    def describe(self) -> list[str]:
        """Return what differs from the defaults, as arguments: ``timeout=Timeout(total=5.0)``, for a repr."""
        server = next((name for name, url in self.servers.items() if url == self.server), None)
        names = [field.name for field in attrs.fields(Options) if field.repr]
        values = {name: getattr(self.options, name) for name in names}
        changed = [f"{name}={value!r}" for name, value in values.items() if value != getattr(_DEFAULTS, name)]
        return changed if self.server == self.base or server is None else [f"server={server!r}", *changed]

    def build(
        self,
        method: str,
        template: str,
        *,
        path_params: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        json: object = UNSET,
        form: Mapping[str, object] | None = None,
        files: Files | None = None,
        content: ContentTypes | None = None,
        authenticate: bool = True,
        idempotent: bool = False,
        **options: Unpack[CallOptions],
    ) -> Request:
        """Return the request for these arguments; see `RequestArguments`.

        Raises:
            InvalidRequestError: an argument is invalid.
        """
        origin: Origin | None = None  # another one than the client's own
        if template[:1] == "/":
            server = self.server if "server" not in options else self._server(options["server"])
            url = server.prefix + path_template(template).expand(path_params or {})
        else:
            url, origin, template = self._absolute(template, path_params)
        if params and (query := self.query_style.encode(params)):
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        if method not in _METHODS:
            method = _checked_method(method)
        headers = self.headers.copy()
        request = Request(method, url, template, headers, None, self.options, origin is None, clock=self.clock)
        if origin is None:
            request.on_send, request.authenticate = self.on_send, authenticate
        else:
            request.authenticate = False
            headers.keep_for_another_origin(has_body=False)
        request.idempotent = idempotent or method in _IDEMPOTENT
        if json is not UNSET or form is not None or files is not None or content is not None:
            request.body, media_type, request.secrets = make_body(json, form, files, content)
            if request.secrets:
                if not self.allow_insecure:
                    _refuse_insecure(url)
                if isinstance(request.body, bytes):
                    request.body = MaskedBytes(request.body)
            if media_type is not None:
                headers["Content-Type"] = media_type
        if options or self.makes_keys or scoped_tenant() is not UNSET:
            self._apply(request, options, origin)
        return request

    def tenant_for(self, given: Tenant | Unset | None = UNSET) -> Tenant | None:
        """Return the tenant of a call: of the call itself, else `with_options`, `tenant_scope`, the constructor."""
        if not isinstance(given, Unset):
            return given
        if not self.tenant_pinned and not isinstance(scoped := scoped_tenant(), Unset):
            return scoped
        return self.options.tenant

    def _server(self, name: str | Unset | None) -> BaseURL:
        if name is None or isinstance(name, Unset):
            return self.server if name is not None else self.base
        try:
            return self.servers[name]
        except (KeyError, TypeError):
            raise InvalidRequestError(
                f"server must be one of the names in servers=, got {name!r}; {did_you_mean([name], self.servers)}"
            ) from None

    def _absolute(self, url: str, path_params: Mapping[str, object] | None) -> tuple[str, Origin | None, str]:
        if not url.lower().startswith(("http://", "https://")) or path_params:
            path_template(url)  # its error says what is wrong with the template
            raise InvalidRequestError(f"path_params must be left out for an absolute URL: {url!r}")
        origin, rest = parse_url(url)
        if origin in self.trusted:
            return f"{origin}{rest}", None, rest.partition("?")[0] or "/"
        return f"{origin}{rest}", origin, str(origin)  # the path of a foreign URL may grant access, like its query

    def _apply(self, request: Request, options: CallOptions, origin: Origin | None) -> None:
        """Apply what this call does differently from the client.

        Args:
            request: the request.
            options: of the call.
            origin: of the URL, if it is not a trusted one. The user names the headers of this call for it.
        """
        merged = merge_options(self.options, options, _ARGUMENTS)
        key = options.get("idempotency_key", UNSET)
        if isinstance(key, Unset):
            key = self.makes_keys
        if key is not None and key is not False:
            key = str(uuid4()) if key is True else key
            request.headers[self.idempotency_header] = key
            merged = attrs.evolve(merged, idempotency_key=key)
            request.idempotent = True
        tenant = self.tenant_for(options.get("tenant", UNSET))
        request.options = merged if tenant == merged.tenant else attrs.evolve(merged, tenant=tenant)
        headers = options.get("headers")
        if "if_match" in options or "if_none_match" in options:
            headers = {**({} if isinstance(headers, Unset) else headers or {}), **conditions(options)}
        if not isinstance(headers, Unset):
            request.headers.merge(headers, plain=self.plain_headers)
            if origin is not None and headers:
                request.own_headers = origin, frozenset(name.lower() for name in headers)


def _checked_method(method: str) -> str:
    if _METHOD(method.upper()) is None:
        raise InvalidRequestError(f"method must be an HTTP method, got {method!r}")
    return method.upper()


def _refuse_insecure(url: str) -> None:
    origin, _ = parse_url(url)
    if not origin.is_secure:
        raise InvalidRequestError(
            f"a secret in the body would be sent to {origin} over plain http; use https, or build the client with "
            "allow_insecure_auth=True"
        )
