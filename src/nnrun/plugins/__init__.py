"""Users' own parts: named by their file, or registered by a plugin; never executed unless their user says so."""
