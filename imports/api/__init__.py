"""The HTTP API: thin views over jobs, pipeline and models. Never imports pages or admin.

core         what every view does first (views), and its parts: parsers, authentication, throttling, permissions,
             parameters, validation, exceptions, responses, renderers, pagination, streaming, middleware;
             endpoints: what a view says of itself for the description
common       what several features share: schemas and the queries behind them, players, activity feeds, locks
imports      upload, check, poll status, contents, files, lists, revert, transitions, orphans
players      everything below /users, /scores and /sessions
catalogue    games, charts, songs, leaderboards, search
accounts     signing in, API tokens
instance     /status and /config
openapi      the description of all this, derived from what stands beside the views; urls: which view answers where

A feature's `schemas` are its documents, from which answers are written and the description is derived.
"""
