"""The application's settings."""
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATABASE_URL = f"sqlite:///{ROOT / 'production.db'}"
