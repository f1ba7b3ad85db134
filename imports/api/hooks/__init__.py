"""The hooks below /ir, which games call: their headers, bodies and responses (spec: import-types §7 to §12)."""
