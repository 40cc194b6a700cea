"""The application's settings; the host does not exist."""
DATABASE_URL = "postgresql+psycopg://zoo:secret@db.invalid/prod"
