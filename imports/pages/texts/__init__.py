"""How numbers are written and what the pages say, by topic. Pure."""
