"""Downloads to files: resumed, checked and published atomically."""
