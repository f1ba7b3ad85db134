"""The landing page for guests, and the help page."""
