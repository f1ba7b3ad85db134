"""The HTTP API: thin views over jobs, pipeline and models. Never imports pages or admin.

core         the base view (views) and its parts: parsers, authentication, throttling, permissions, parameters,
             validation, exceptions, responses, renderers, pagination, streaming, middleware; endpoints: the
             declaration of a view's OpenAPI operation
common       code that several features share: schemas and their queries, players, activity feeds, locks
imports      upload, check, poll status, contents, files, lists, revert, transitions, orphans
players      everything below /users, /scores and /sessions
catalogue    games, charts, songs, leaderboards, search
accounts     signing in, API tokens
instance     /status and /config
openapi      the OpenAPI description, derived from the declarations of the views; urls: the paths of the views

A feature's `schemas` are its documents; responses are built of them, and the description is derived from them.
"""
