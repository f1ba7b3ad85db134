"""Endpoints of imports: upload, status, contents, lists, revert, transitions, check, orphans."""
