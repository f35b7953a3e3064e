"""Fails on purpose while any feed's config is broken, so that Airflow's UI shows each fault with file and field.

In a file of its own: an import error takes away every DAG of its file, and the other feeds must stay.
"""

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.settings import read_settings

# Airflow's safe mode only reads files that mention both airflow and dag.
load_feeds(read_settings().configs_dir).raise_if_faulty()
