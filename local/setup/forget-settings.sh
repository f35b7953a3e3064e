# Sourced by what runs tests: settings of the caller's own Airflow, Snowflake and Python, and proxies, must not reach them.
for name in $(compgen -e | grep -E '^_?AIRFLOW|^PYTHON(PATH|HOME)$|^(https?|all|no)_proxy$|^(HTTPS?|ALL|NO)_PROXY$' || true); do
    unset "$name"
done
