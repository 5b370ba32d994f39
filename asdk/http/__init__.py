"""Requests, responses and their parts. Authors of clients import from here what the top of the package does not have.

The names are imported at their first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.http.bodies import ContentTypes as ContentTypes
    from asdk.http.bodies import Files as Files
    from asdk.http.bodies import FileTypes as FileTypes
    from asdk.http.bodies import ProgressCallback as ProgressCallback
    from asdk.http.bodies import Upload as Upload
    from asdk.http.error_bodies import read_error as read_error
    from asdk.http.headers import Headers as Headers
    from asdk.http.options import CallOptions as CallOptions
    from asdk.http.options import Options as Options
    from asdk.http.options import Tenant as Tenant
    from asdk.http.options import TenantHeaders as TenantHeaders
    from asdk.http.options import Timeout as Timeout
    from asdk.http.options import TimeoutTypes as TimeoutTypes
    from asdk.http.options import omit_none as omit_none
    from asdk.http.options import tenant_scope as tenant_scope
    from asdk.http.redirects import MAX_REDIRECTS as MAX_REDIRECTS
    from asdk.http.redirects import is_redirect as is_redirect
    from asdk.http.request import Request as Request
    from asdk.http.response import Response as Response
    from asdk.http.status_errors import redirect_error as redirect_error
    from asdk.http.urls import QueryStyle as QueryStyle
    from asdk.http.urls import parse_url as parse_url
    from asdk.retrying import Retry as Retry
