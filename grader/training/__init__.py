"""Trains a model spec again by its recipe under several seeds, and decides when enough is known.

Most of it needs torch, so each part is imported by its own name.
"""
