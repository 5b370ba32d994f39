"""Handlers of an Apala server, one file per family, each with its routes."""
