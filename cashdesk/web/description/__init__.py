"""Builds the OpenAPI description: derives what all operations share, so that no view has to repeat it."""
