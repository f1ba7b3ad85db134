"""The API in words: its OpenAPI description, served at /api/schema and shown at /api/docs/.

`documents` and `bodies` are types, `reading`, `games`, `importing` and `undoing` tables of operations, `description`
makes of them what drf-spectacular asks for. Nothing here decides what the API answers: the tests of the API hold every
answer against the description.
"""
