"""Dates in the admin as the pages write them."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
