"""The pages of scores and sessions."""
