"""A catalogue of invented songs and the demo files that go with it, so that a fresh installation has something to show.

    titles      the songs: titles, artists, levels, all made up
    catalogue   their charts, in the seeds format
    plays       BATCH-MANUAL documents of a player who does not exist
    make        writes seeds/ and files/: `python -m imports.sample.make`

Everything is a function of what stands here: running `make` again changes no file.
"""
