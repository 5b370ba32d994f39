"""The ends of a chain: what sends a request. `asdk.transports.aiohttp` is imported by the first client that needs
it."""
