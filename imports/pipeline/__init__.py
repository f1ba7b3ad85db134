"""An import from its bytes to the player's statistics, and its revert.

`run` shows the whole sequence; each other module is one stage. Stages take ids and dataclasses, never a request, a
queue or settings, and are refreshes: running one twice changes nothing. Only `run` and `undo.revert` open transactions.

scoring   from rows to stored scores: find the charts, judge, copy into the table
derived   what follows from the scores: sessions, personal bests, game stats, ranks
undo      reverting, its preview, and what a later restore needs
"""
