"""Middlewares: what a call passes on its way to the transport, a file per concern, and the chain that joins them."""

from asdk.middleware.auth import AuthMiddleware
from asdk.middleware.cache import CacheMiddleware
from asdk.middleware.chain import AnyMiddleware, Middleware, Place, build_chain, check_stack
from asdk.middleware.logging import LoggingMiddleware
from asdk.middleware.retry import RetryMiddleware
from asdk.middleware.tenant import TenantMiddleware

__all__ = [
    "AnyMiddleware",
    "AuthMiddleware",
    "CacheMiddleware",
    "LoggingMiddleware",
    "Middleware",
    "Place",
    "RetryMiddleware",
    "TenantMiddleware",
    "build_chain",
    "check_stack",
]
