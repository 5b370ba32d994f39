import base64
import json

import pytest

from asdk.sandbox import jwt

SECRET = b"secret"


def test_claims_come_back_as_they_were_signed() -> None:
    claims = {"sub": "1", "exp": 1767225600.5, "role": "admin"}
    assert jwt.decode(jwt.encode(claims, SECRET), SECRET) == claims


def test_the_token_of_rfc_7515_appendix_a_has_the_right_signature() -> None:
    # The example of the RFC has spaces in its header, so only the signature can be compared.
    key = base64.urlsafe_b64decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="
    )
    payload = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    )
    with pytest.raises(jwt.InvalidTokenError, match="unknown header"):  # so the signature was right
        jwt.decode(f"{payload}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", key)


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "ä.ö.ü", jwt.encode({"sub": "1"}, b"other")])
def test_a_token_of_another_secret_is_rejected(token: str) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        jwt.decode(token, SECRET)


def test_a_changed_claim_is_noticed() -> None:
    head, _, signature = jwt.encode({"role": "user"}, SECRET).split(".")
    body = base64.urlsafe_b64encode(json.dumps({"role": "admin"}).encode()).rstrip(b"=").decode()
    with pytest.raises(jwt.InvalidTokenError, match="signature"):
        jwt.decode(f"{head}.{body}.{signature}", SECRET)
