"""The handlers of an Apala server, a file per family, each with its routes."""
