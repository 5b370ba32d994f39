"""Handlers of a Bloom Growth server, one file per family, each with its routes."""
