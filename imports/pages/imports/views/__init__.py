"""One file for each page. A view checks permissions, reads the rows, and calls a builder of `imports.pages`."""
