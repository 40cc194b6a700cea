"""Importing the package registers every model."""
from zoo_sound_model_package.author import Author
from zoo_sound_model_package.base import Base
from zoo_sound_model_package.loan import Loan

__all__ = ["Author", "Base", "Loan"]
