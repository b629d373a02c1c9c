"""Bodies of the directory's REST requests and answers."""
