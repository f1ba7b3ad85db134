"""Sources of scores: file formats, programs that send scores, and failing tools."""
