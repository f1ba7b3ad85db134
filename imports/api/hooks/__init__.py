"""What games send by themselves, below /ir: each hook's headers, bodies and answers (spec: import-types §7 to §12)."""
