"""The data that a player exports: everything that is stored of them as a ZIP, and the scores of a game as a table.

    archive             the whole ZIP, entry by entry
    documents           the JSON of each kind of row
    batch_manual_files  scores as files that any instance imports
    score_table         one game's scores as CSV
    stored_file         a file that is written to the database in parts
    csv_cells           cells that spreadsheets do not interpret as formulas

docs/your-data.md describes the ZIP. Rows are read with server-side cursors and compressed at once, so that memory does
not grow with the number of scores.
"""
