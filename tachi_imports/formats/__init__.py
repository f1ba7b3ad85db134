"""Formats of dates and numbers, one module for each language that does not use Django's own."""
