"""Changes of catalogues, and who sees them: ``python -m tests.catalogue``."""
