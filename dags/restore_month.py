"""The DAG that undoes a drop or a publication (Airflow: this is a DAG)."""

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.dag_factory.restore_dag import build_restore_dag
from sfetl_provider.settings import read_settings

restore_month = build_restore_dag([feed.feed for feed in load_feeds(read_settings().configs_dir).feeds])
