# python:slim rather than apache/airflow: that image carries its own set of packages, which a lock of ours would
# have to fight; here exactly what requirements.txt names is installed, as in the demo and in the tests.
FROM python:3.11-slim-bookworm AS build
ARG UV_VERSION=0.13.8
# Given with --build-arg where the package index is another one; a proxy by HTTPS_PROXY, which Docker passes on itself.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
WORKDIR /opt/sfetl
# With a folder `wheelhouse` (make wheelhouse) beside this file all comes from there, checked by its hashes; with a
# file `ca.pem` the index is trusted by it. The brackets make patterns of them, which may find nothing.
COPY requirements.txt ca.pe[m] ./
COPY requirements.txt wheelhous[e] /wheels/
RUN if [ -e ca.pem ]; then export PIP_CERT="$PWD/ca.pem" SSL_CERT_FILE="$PWD/ca.pem"; fi \
    && python -m venv /opt/venv \
    && cmp requirements.txt /wheels/requirements.txt \
    && if [ -e /wheels/SHA256SUMS ]; then \
        cd /wheels && sha256sum --check --quiet --strict SHA256SUMS \
        && pip install --no-cache-dir --no-index --find-links . "uv==${UV_VERSION}" \
        && uv pip sync --no-cache --no-index --find-links . --require-hashes --python /opt/venv/bin/python \
            requirements.hashed.txt; \
    else \
        pip install --no-cache-dir "uv==${UV_VERSION}" \
        && uv pip sync --no-cache --python /opt/venv/bin/python /wheels/requirements.txt; \
    fi
COPY pyproject.toml README.md ./
COPY plugins plugins
# The lock is complete: nothing else may come in, neither as a dependency nor for the build.
RUN uv pip install --no-cache --python /opt/venv/bin/python --no-deps --no-build-isolation .

# One image for all services: what is healthy differs between them and stands in docker-compose.yaml.
FROM python:3.11-slim-bookworm
RUN useradd --uid 50000 --gid 0 --create-home airflow
WORKDIR /opt/sfetl
COPY --from=build /opt/venv /opt/venv
COPY local local
COPY dags dags
COPY include include
# A volume takes the owner of the folder that it covers, and belongs to root where the image has none.
RUN mkdir -p /data/incoming /data/scratch /data/reports /opt/airflow/logs /warehouse \
    && chown -R airflow:0 /data /opt/airflow /warehouse
ENV PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/sfetl/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__SFETL__CONFIGS_DIR=/opt/sfetl/include/configs \
    AIRFLOW__SFETL__BASE_PATH=/data/incoming \
    AIRFLOW__SFETL__SCRATCH_DIR=/data/scratch \
    AIRFLOW__SFETL__REPORTS_DIR=/data/reports
USER airflow
CMD ["airflow", "--help"]
