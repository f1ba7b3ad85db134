"""Loads songs and charts from files in the seeds format into the database.

    sources     finds the files: in a folder, an archive or at a URL
    rows        the rows of each kind of file
    files       reads a folder's files, row by row
    checks      checks a single file
    invariants  rules for the charts of a game beyond the shape of their data
    mirror      the SQL statements that make the catalogue equal to a game's files
    rerate      rerates the scores whose charts or rules have changed
    load        runs the whole sequence

Nothing here uses a command or a request. Each game is one transaction: a broken file loads nothing of its game.
"""
