"""Measurements on public data, each through the product's own features and pipeline."""
