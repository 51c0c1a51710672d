"""`haoping month`: everything about a period that a scorer does at a terminal."""

from services.console.month import files as files
from services.console.month.command import month_app

__all__ = ["month_app"]
