"""Users' own parts: named by their file, or registered by a plugin; executed only if their user says so."""
