"""Django's admin for moderators, with a second factor."""
