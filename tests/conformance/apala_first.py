"""Runs in an environment with the vendor's package apala-api 1.0.2: the operations that its guide shows.

`test_apala_first` starts it with BASE_URL, API_KEY, CUSTOMER_ID and COMPANY_GUID in its environment.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from apala_client import ApalaClient, Message

SENT_AT = "2026-01-01T00:00:00+00:00"


def main() -> None:
    client = ApalaClient(api_key=os.environ["API_KEY"], base_url=os.environ["BASE_URL"])
    found: dict[str, Any] = {"authenticate": client.authenticate()}
    found["message_process"] = client.message_process(
        [Message(content="Hi", channel="SMS", message_id="m1", send_timestamp=SENT_AT, reply_or_not=True)],
        Message(content="hello  there", channel="EMAIL", message_id="m2", send_timestamp=SENT_AT),
        os.environ["CUSTOMER_ID"],
        "90210",
        os.environ["COMPANY_GUID"],
    )
    entry = {"message_id": "m2", "customer_responded": True, "score": 80, "actual_sent_message": "Hi"}
    found["message_feedback"] = client.message_feedback([entry])
    found["submit_single_feedback"] = client.submit_single_feedback("m2", False, 0)
    client.close()
    plain = {name: value.model_dump(mode="json") for name, value in found.items()}
    Path(sys.argv[1]).write_text(json.dumps(plain))


if __name__ == "__main__":
    main()
