"""The DAG that looks at tables without loading (Airflow: this is a DAG)."""

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.dag_factory.validate_dag import build_validate_dag
from sfetl_provider.settings import read_settings, validate_schedule

validate = build_validate_dag(
    [feed.feed for feed in load_feeds(read_settings().configs_dir).feeds], validate_schedule()
)
