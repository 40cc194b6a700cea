"""Django's own migrations."""
