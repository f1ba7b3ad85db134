"""Compares players by their ratings and bests: computed for each request from the stored `ranking_entries`."""
