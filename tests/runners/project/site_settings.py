"""Settings of a Django project that lives beside the service."""
from pathlib import Path

HERE = Path(__file__).parent
SECRET_KEY = "for tests"
INSTALLED_APPS = ["shop"]
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HERE / "django.sqlite3",
        "TEST": {"NAME": HERE / "test_django.sqlite3"},
    }
}
