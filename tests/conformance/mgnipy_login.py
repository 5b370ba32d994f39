"""Runs in an environment with the vendor's package mgnipy 0.1.3: logs in, once by password and once by token.

`test_mgnify_vendor` starts it with BASE_URL, MG_USER, MG_PASSWORD and CACHE_DIR in its environment, as the package
wants them. A wrong password makes it ask; without a terminal that is an EOFError.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from mgnipy import MGnipy, MGnipyConfig


def main() -> None:
    known = {
        "base_url": os.environ["BASE_URL"],
        "mg_user": os.environ["MG_USER"],
        "mg_password": os.environ["MG_PASSWORD"],
    }
    found: dict[str, Any] = {}
    try:
        config = MGnipyConfig(cache_dir=os.environ["CACHE_DIR"], **known)
        config.resolve_auth_token(interactive=True)
        found["first"] = config.auth_token
        later = MGnipyConfig(cache_dir=os.environ["CACHE_DIR"], auth_token=config.auth_token, **known)
        later.resolve_auth_token(interactive=True)
        found["second"] = later.auth_token
        os.environ["AUTH_TOKEN"] = str(later.auth_token)  # its count requests look for the token here
        found["studies"] = MGnipy(config=later).private_studies.get()
    except Exception as error:
        found["error"] = type(error).__name__
    Path(sys.argv[1]).write_text(json.dumps(found, default=str))


if __name__ == "__main__":
    main()
