"""The local warehouse: a stand-in for Snowflake over HTTP, made of fakesnow and a layer around it.

It is not Snowflake. What it does like Snowflake, and what not, is written in docs/local-warehouse.md.
"""
