"""Songs and charts from files in the seeds format into the database.

    sources     a folder, an archive or an address: where the files are
    rows        what a row of each kind of file is
    files       a folder's files, read row by row
    checks      what can be said of one file by itself
    invariants  what a game promises of its charts beyond the shape of their data
    mirror      the statements that make the catalogue what the files say
    rerate      what scores depend on, made right after charts have changed
    load        the whole story

Nothing here knows a command or a request. One load is one transaction: a broken file loads nothing.
"""
