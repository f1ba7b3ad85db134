"""Rows that cannot be imported: their explanations, suggested matches and corrections."""
