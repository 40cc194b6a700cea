"""The tests on every supported release, side by side."""
