"""Readers for files of other services: CSV, XML, numbers and dates, as Tachi reads them. No database access."""
