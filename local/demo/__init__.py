"""What `make demo` shows, over Airflow's REST API, and how it checks every number."""
