"""The outside things that core's ports stand for: Snowflake, local files, the clock. No Airflow."""
