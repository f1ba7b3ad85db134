"""The embedded PostgreSQL and Valkey: where they live, who runs them, when they stop."""
