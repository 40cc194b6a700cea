"""Settings of a Django project that lives beside the service."""
import os
from pathlib import Path

HERE = Path(__file__).parent
SECRET_KEY = "for tests"
INSTALLED_APPS = ["shop"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HERE / "django.sqlite3",
        # A file, where it is to be kept; else in memory.
        "TEST": {"NAME": os.environ.get("DJANGO_TEST_FILE")},
    }
}
