"""The same tests under every runner, as ``python -m tests.runners`` runs
them."""
