"""Formats of numbers, and the texts of the pages by topic. No database access."""
