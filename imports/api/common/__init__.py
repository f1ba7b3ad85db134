"""What several features share: documents of the API, the queries behind them, players and activity feeds."""
