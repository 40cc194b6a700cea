"""Django's own table."""
from django.db import models


class Item(models.Model):
    """Something for sale."""

    name = models.CharField(max_length=80)
