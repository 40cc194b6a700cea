"""The application's settings: where the tenants' databases are."""
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
