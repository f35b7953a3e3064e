"""What the doctor finds on the way to Snowflake, and how it is told."""
