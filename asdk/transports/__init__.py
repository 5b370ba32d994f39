"""Transports, which send requests at the end of a chain.

`asdk.transports.aiohttp` is imported by the first client that needs it.
"""
