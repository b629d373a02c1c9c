"""The far end of every leg: scripted phones and carriers, driven over `api sim`."""
