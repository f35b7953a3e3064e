"""The DAG that deletes a month (Airflow: this is a DAG)."""

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.dag_factory.drop_dag import build_drop_dag
from sfetl_provider.settings import read_settings

drop_month = build_drop_dag([feed.feed for feed in load_feeds(read_settings().configs_dir).feeds])
