"""One file a resource. A view asks who may, fetches, hands over to a builder of `imports.pages`, and renders."""
