"""Ratios of running times, from one run: ``python -m tests.benchmarks``."""
