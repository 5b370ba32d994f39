"""Ratios of asdk to its peers. See README.md beside this file."""
