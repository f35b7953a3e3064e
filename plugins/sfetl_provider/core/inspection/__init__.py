"""Inspection: what a file of unknown make holds, told from samples of it before anything runs."""
