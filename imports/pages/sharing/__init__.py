"""Sharing: the picture that chat programs show with a link, the web manifest, and files shared from a phone."""
