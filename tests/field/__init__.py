"""Real histories, installed and checked: ``python -m tests.field``."""
