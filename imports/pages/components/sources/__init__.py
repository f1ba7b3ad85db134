"""How scores come in: the kinds of files, the programs that send scores, and which of them fail."""
