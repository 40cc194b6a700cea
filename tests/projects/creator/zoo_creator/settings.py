"""The application's settings."""
from pathlib import Path

DATABASE = Path(__file__).resolve().parent.parent / "production.db"
