"""The handlers of a Bloom Growth server, a file per family, each with its routes."""
