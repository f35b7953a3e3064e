"""One DAG for each feed of include/configs (Airflow: these are DAGs)."""

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.dag_factory.feed_dag import build_feed_dag, dag_id_of
from sfetl_provider.settings import read_settings

for feed in load_feeds(read_settings().configs_dir).feeds:
    globals()[dag_id_of(feed)] = build_feed_dag(feed)
