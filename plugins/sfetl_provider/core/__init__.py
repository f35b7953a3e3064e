"""The decisions and actions of a load, free of Airflow, Snowflake's connector and sockets."""
