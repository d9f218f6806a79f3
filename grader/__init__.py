"""Grades deep-learning assignments."""
