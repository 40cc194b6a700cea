"""A service whose database SQLAlchemy and Alembic keep."""
