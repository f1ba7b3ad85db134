"""The file formats beside BATCH-MANUAL: one module each, and none imports another. No database access."""
