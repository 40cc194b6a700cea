"""The application's settings: two databases."""
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATABASE_URL = f"sqlite:///{ROOT / 'production.db'}"
REPORTS_URL = f"sqlite:///{ROOT / 'reports.db'}"
