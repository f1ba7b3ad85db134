"""The pages of accounts, profiles and tokens."""
