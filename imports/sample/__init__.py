"""A catalogue of invented songs and the demo files that go with it, so that a fresh installation has something to show.

    games       one file a game: its songs (titles, artists, levels, all made up), their charts, and how a play is made
    form        the form in which those are declared
    catalogue   songs and charts in the seeds format
    plays       BATCH-MANUAL documents of a player who does not exist
    make        writes seeds/ and files/: `python -m imports.sample.make`

Everything is a function of what stands here: running `make` again changes no file.
"""
