"""The command line ``seda``: a client of the REST APIs, with their names."""
