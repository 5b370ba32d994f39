"""Token stores, a file per place. Import them from `asdk.auth`."""
