"""The OpenAPI description of the API, served at /api/schema and shown at /api/docs/.

`generator` derives it, through drf-spectacular, from the declarations of the views (`imports.api.core.endpoints`): the
structs in `schemas`, exceptions, permissions and parameters.
"""
