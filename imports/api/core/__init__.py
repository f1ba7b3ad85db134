"""What all endpoints share: the base view, authentication, permissions, throttling, parsing, errors. It imports no
feature.
"""
