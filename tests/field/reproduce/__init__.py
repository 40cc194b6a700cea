"""What is true of each history, by Alembic's own commands alone."""
