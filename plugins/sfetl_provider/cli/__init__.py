"""`airflow sfetl …`; the same without Airflow as `python -m sfetl_provider …`."""
