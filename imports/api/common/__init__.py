"""Code that several features share: documents of the API, their queries, players and activity feeds."""
