"""Songs and charts from files in the seeds format into the database.

    sources     a folder, an archive or an address: where the files are
    rows        what a row of each kind of file is
    files       a folder's files, read row by row
    checks      the checks of a single file
    invariants  what holds for the charts of a game beyond the shape of their data
    mirror      the SQL statements that make the catalogue equal to a game's files
    rerate      rerating the scores whose charts or rules have changed
    load        shows the whole sequence

Nothing here knows a command or a request. Each game is one transaction: a broken file loads nothing of its game.
"""
