"""Primitives that asyncio lacks: work shared by event loops, threads and processes, and locks between them.

Authors of clients import what they need from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.concurrency.private_files import PrivateDirectory as PrivateDirectory
    from asdk.concurrency.private_files import UntrustedFileError as UntrustedFileError
    from asdk.concurrency.private_files import expand_home as expand_home
    from asdk.concurrency.private_files import open_private_directory as open_private_directory
    from asdk.concurrency.shared_calls import SharedCalls as SharedCalls
    from asdk.concurrency.threads import run_in_thread as run_in_thread
