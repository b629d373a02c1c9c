"""What routing's REST API takes and gives, a module per resource."""
