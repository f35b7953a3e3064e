"""What the local warehouse says of itself wherever it can."""

NOTICE = "This is the local warehouse, a stand-in for tests and demonstrations. It is not Snowflake."
