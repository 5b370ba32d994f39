from __future__ import annotations

import pytest

from asdk.auth import RedisTokenStore
from asdk.testing import TokenStoreSuite
from tests.redis_server import RedisServer


class TestRedisTokenStore(TokenStoreSuite):
    @pytest.fixture
    def store(self, redis_server: RedisServer) -> RedisTokenStore:
        return RedisTokenStore(redis_server.url)

    @pytest.fixture
    def same_store(self, redis_server: RedisServer) -> RedisTokenStore:
        return RedisTokenStore(redis_server.url)


class TestEncryptedRedisTokenStore(TokenStoreSuite):
    @pytest.fixture
    def store(self, redis_server: RedisServer) -> RedisTokenStore:
        return RedisTokenStore(redis_server.url, encryption_key=b"k" * 32)

    @pytest.fixture
    def same_store(self, redis_server: RedisServer) -> RedisTokenStore:
        return RedisTokenStore(redis_server.url, encryption_key=b"k" * 32)
