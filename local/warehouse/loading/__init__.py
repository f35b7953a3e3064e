"""COPY INTO: formats, readers, errors, load history, VALIDATE."""
