"""The base of all endpoints: views, authentication, permissions, throttling, parsing, errors. Imports no feature."""
