"""Chapter 1: one sequence becomes another through a single vector."""
