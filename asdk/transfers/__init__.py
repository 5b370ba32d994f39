"""Downloads to files: resumed, verified and published atomically."""
