"""Sample clients, one package per API. Each is imported on its own: `from asdk.clients.edgequake import EdgeQuake`."""
