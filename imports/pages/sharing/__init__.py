"""Sharing: the picture that chat programs show beside a link, the web manifest, and files that a phone shares to us."""
