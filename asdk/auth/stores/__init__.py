"""Token stores, one file per kind. Import them from `asdk.auth`."""
