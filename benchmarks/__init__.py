"""Benchmarks: ratios of asdk to its peers. README.md in this folder explains them."""
