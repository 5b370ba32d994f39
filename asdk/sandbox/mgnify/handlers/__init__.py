"""The routes of MGnify, a file for each family; each ends with its ``ROUTES``."""
