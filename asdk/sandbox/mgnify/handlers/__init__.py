"""Routes of MGnify, one file per family; each ends with its ``ROUTES``."""
