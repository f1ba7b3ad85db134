"""Endpoints of games, charts and songs, and the search."""
