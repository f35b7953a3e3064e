"""The embedded stack: the local warehouse and Airflow as background processes on loopback."""
