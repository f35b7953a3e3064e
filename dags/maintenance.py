"""The DAG that removes what failed runs left (Airflow: this is a DAG)."""

from sfetl_provider.dag_factory.maintenance_dag import build_maintenance_dag

maintenance = build_maintenance_dag()
