"""Plumbing that every stage may use; it imports no stage."""
