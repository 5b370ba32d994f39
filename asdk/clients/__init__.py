"""Clients, a package per API. Each stands alone: `from asdk.clients.edgequake import EdgeQuake`."""
