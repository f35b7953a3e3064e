"""Airflow provider that brings very large monthly text files into Snowflake: complete, checked, once."""

__version__ = "0.1.0"
