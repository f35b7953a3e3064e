"""Airflow connections as sessions of the adapters."""
