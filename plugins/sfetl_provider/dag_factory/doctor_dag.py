"""The DAG that examines the way to Snowflake from a worker."""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG, Param

from sfetl_provider.operators.examine_connection import ExamineConnectionOperator

DAG_ID = "doctor"


def build_doctor_dag() -> DAG:
    """Give the DAG doctor; it is only triggered by hand."""
    with DAG(
        dag_id=DAG_ID,
        description="Examines the way to Snowflake step by step: proxy, TLS, login, a small PUT and COPY",
        schedule=None,
        start_date=datetime(2024, 1, 1),
        default_args={"owner": "sfetl"},
        params={
            "snowflake_conn_id": Param("snowflake_default", type="string", title="Snowflake connection"),
            "proxy_conn_id": Param(
                None,
                type=["null", "string"],
                title="Proxy connection",
                description="Instead of the one that the Snowflake connection names",
            ),
            "database": Param(
                None,
                type=["null", "string"],
                title="Database",
                description="Where to stage the small file, if the connection names none",
            ),
        },
        tags=["sfetl"],
        doc_md=_DOCUMENTATION,
        render_template_as_native_obj=True,
    ) as dag:
        ExamineConnectionOperator(
            task_id="examine",
            snowflake_conn_id="{{ params.snowflake_conn_id }}",
            proxy_conn_id="{{ params.proxy_conn_id }}",
            database="{{ params.database }}",
        )
    return dag


_DOCUMENTATION = """
Goes the way of a load to Snowflake, from the worker that runs the task: connections, proxy, DNS, TCP, tunnel,
TLS, login, warehouse, and a file of 4 bytes through PUT, LIST, COPY and REMOVE. The log times each step and names
the first that fails with its cause and what to do. No secret is in it.
"""
