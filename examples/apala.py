"""Apala on one screen: authentication, an optimized message, feedback, pre-approval. ``python examples/apala.py``

The server is the sandbox, in a thread of this program. For a real one, remove it and set ``APALA_API_KEY``,
``APALA_BASE_URL`` and ``APALA_CUSTOMER_ID`` in the environment or ``.env``; ``Apala()`` then needs no arguments.
"""

import asyncio

from asdk.clients.apala import Apala, ComplianceError, InvalidApiKeyError
from asdk.clients.apala.models import Channel, Message, MessageType, PafMessage
from asdk.sandbox import Sandbox


async def main(url: str, api_key: str, customer_id: str) -> None:
    async with Apala(base_url=url, api_key=api_key, customer_id=customer_id) as client:
        about = await client.authenticate()  # optional: the first call does so by itself
        print(f"{about['company_name']}, a token for {about['expires_in']} seconds")

        history = [Message(content="Your bank statements, please", channel=Channel.EMAIL, reply_or_not=True)]
        better = await client.optimize_message(
            history,
            "your loan  is ready to sign",
            timezone="America/New_York",
            message_type=[MessageType.SIGNING_LOAN_AGREEMENT],
        )
        print(f"by {better.recommended_channel}, at {better.recommended_send_at}: {better.optimized_message}")
        await client.submit_single_feedback(better.message_id, True, timezone="America/New_York", score="good")

        message = await client.paf.optimize(customer_id)
        if isinstance(message, PafMessage):
            link = "https://sign.example.org/1"
            print(message.content.replace("{NAME}", "Alex").replace("{SIGNING_MAGIC_LINK}", link))
        try:
            await client.paf.templates.create("Hurry {NAME}, cash for you", "sms")
        except ComplianceError as error:
            print(", ".join(violation.check for violation in error.violations))

    async with Apala(base_url=url, api_key="not-a-key") as stranger:
        try:
            await stranger.authenticate()
        except InvalidApiKeyError as error:
            print(error)


if __name__ == "__main__":
    with Sandbox.in_thread() as sandbox:
        known = sandbox.apala.credentials
        asyncio.run(main(sandbox.apala.url, known.api_key, known.customer_id))
