"""The formats of files beside BATCH-MANUAL: one module a kind, and none knows another. Pure."""
