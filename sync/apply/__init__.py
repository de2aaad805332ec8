"""Doing what the plan says: journal first, nothing lost, nothing twice."""
