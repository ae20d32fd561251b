# The image of everything that is no service: flow runs and the worker that starts them, the Prefect server, the MLflow
# server, migrations. One image, because all of them are the same locked packages; entrypoint.sh names the roles.
#   docker build -f infra/docker/worker.Dockerfile -t crossfade-worker:TAG .
FROM python:3.12.14-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254 AS packages
COPY infra/locks/worker.txt /tmp/worker.txt
# Every package comes as a wheel, so nothing is compiled and no compiler gets in. --no-deps: the lock is complete.
RUN python -m venv /opt/crossfade \
    && /opt/crossfade/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r /tmp/worker.txt
COPY pyproject.toml README.md LICENSE /opt/app/
COPY flows /opt/app/flows
COPY pipelines /opt/app/pipelines
COPY serving /opt/app/serving
COPY validation /opt/app/validation
COPY infra /opt/app/infra
# Editable: the configuration and the deployments stand beside the packages, in infra/.
RUN /opt/crossfade/bin/pip install --no-cache-dir --no-index --no-build-isolation --no-deps --editable /opt/app \
    && /opt/crossfade/bin/pip uninstall --yes pip \
    && python -m compileall -q /opt/app

FROM python:3.12.14-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254
LABEL org.opencontainers.image.title="Crossfade worker" \
      org.opencontainers.image.licenses="Apache-2.0"
# implicit expects the compiler's OpenMP library on the machine, and a slim image has none. Debian keeps one version of a
# package at a time, so one that is pinned here could not be installed next month.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 crossfade \
    && useradd --uid 10001 --gid crossfade --no-create-home --home-dir /var/lib/crossfade crossfade \
    && install -d -o crossfade -g crossfade -m 0750 /var/lib/crossfade
COPY --from=packages /opt/crossfade /opt/crossfade
COPY --from=packages /opt/app /opt/app
# What a run writes beside its home folder (Prefect's profile, matplotlib's cache, drafts) goes to /tmp.
ENV PATH=/opt/crossfade/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    MLFLOW_DISABLE_TELEMETRY=true \
    GX_ANALYTICS_ENABLED=false \
    HOME=/tmp \
    PREFECT_HOME=/tmp/prefect \
    MPLCONFIGDIR=/tmp/matplotlib \
    CROSSFADE_HOME=/var/lib/crossfade
VOLUME /var/lib/crossfade
WORKDIR /var/lib/crossfade
USER 10001:10001
ENTRYPOINT ["/opt/app/infra/docker/entrypoint.sh"]
CMD ["worker"]
