"""Stages: their catalog, files, uploads, encryption."""
