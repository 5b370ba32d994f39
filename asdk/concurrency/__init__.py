"""Primitives that asyncio lacks: work shared by event loops, threads and processes, and locks between them."""
