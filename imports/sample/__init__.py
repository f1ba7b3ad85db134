"""A catalogue of invented songs with demo files, so that a new installation has something to show.

    games       one file for each game: invented songs, their charts, and a function that generates a play
    form        the classes for these declarations
    catalogue   songs and charts in the seeds format
    plays       BATCH-MANUAL documents of an invented player
    make        writes seeds/ and files/: `python -m imports.sample.make`

The output depends only on this code: running `make` again changes no file.
"""
