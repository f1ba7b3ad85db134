"""One file a page. A view asks who may, fetches, and hands over to a builder of `imports.pages`."""
