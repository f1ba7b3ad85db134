"""Unmatched scores, as a list and grouped by title."""
