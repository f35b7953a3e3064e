"""The DAG that examines the way to Snowflake (Airflow: this is a DAG)."""

from sfetl_provider.dag_factory.doctor_dag import build_doctor_dag

doctor = build_doctor_dag()
