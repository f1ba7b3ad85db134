"""The embedded PostgreSQL and Valkey: their programs, accounts, and processes."""
