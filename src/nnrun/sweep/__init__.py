"""Sweeps: jobs composed, checked, grouped into cohorts, trained as populations, and summed up."""
