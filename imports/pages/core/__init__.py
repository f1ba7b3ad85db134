"""What every page shares: who may see it, pagination, formatting of numbers and names, middleware."""
