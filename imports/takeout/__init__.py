"""What a player takes out: everything that is stored of them as one ZIP, and the scores of one game as a table.

    archive             the whole ZIP, entry by entry
    documents           the JSON of each kind of row
    batch_manual_files  scores as files that any instance imports
    score_table         one game's scores as CSV
    stored_file         a file that is written to the database a part at a time
    csv_cells           cells that no spreadsheet takes for formulas

docs/your-data.md describes what is in the ZIP. Rows are read by cursors of the server and compressed as they come, so
that memory does not grow with the number of scores.
"""
