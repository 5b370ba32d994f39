"""Credentials, a file per kind. Import them from `asdk.auth`."""
