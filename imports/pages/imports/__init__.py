"""The pages of imports: upload, check, progress, result, lists, revert, rows with problems."""
