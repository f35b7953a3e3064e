"""The demo's real input files, and the tables that they fill."""
