"""One DAG for each feed of include/configs (Airflow: these are DAGs)."""

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.core.plan.names import load_dag_id
from sfetl_provider.dag_factory.feed_dag import build_feed_dag
from sfetl_provider.settings import read_settings

for feed in load_feeds(read_settings().configs_dir).feeds:
    globals()[load_dag_id(feed.feed)] = build_feed_dag(feed)
