"""How a connection reaches Snowflake, as values: proxies, bypass lists, certificate authorities. No sockets."""
