"""The DAG that loads many months of many feeds (Airflow: this is a DAG)."""

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.dag_factory.batch_dag import build_batch_dag
from sfetl_provider.settings import read_settings

batch = build_batch_dag([feed.feed for feed in load_feeds(read_settings().configs_dir).feeds])
