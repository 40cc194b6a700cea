"""An application of Django's own."""
