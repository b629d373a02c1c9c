"""Bodies of acd's REST API, a module per resource."""
