"""The pages of games, songs and charts."""
