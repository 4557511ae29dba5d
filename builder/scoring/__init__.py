"""Scores on answers; importable without any edge."""
