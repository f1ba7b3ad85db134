"""State that follows from the scores: sessions, personal bests, game stats, ranks; how it is refreshed and checked."""
