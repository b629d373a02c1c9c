"""Pages made from the code, so that they cannot differ from it: OpenAPI, AsyncAPI, messages, settings, metrics."""
