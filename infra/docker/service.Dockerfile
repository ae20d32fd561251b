# The image of the service, built from a Bento, into which 'crossfade build' puts this file:
#   docker build -f BENTO/env/docker/Dockerfile -t crossfade-service:TAG BENTO
# 'bentoml containerize' makes one of its own from the same base; this one is smaller, checks the hashes of the packages,
# and keeps its code where the service cannot change it, so that the file system may be read-only.
FROM python:3.12.14-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254 AS packages
COPY env/python/requirements.txt /tmp/requirements.txt
# Every package comes as a wheel, so nothing is compiled and no compiler gets in. --no-deps: the lock is complete.
RUN python -m venv /opt/crossfade \
    && /opt/crossfade/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r /tmp/requirements.txt \
    && /opt/crossfade/bin/pip uninstall --yes pip

FROM python:3.12.14-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254
LABEL org.opencontainers.image.title="Crossfade service" \
      org.opencontainers.image.licenses="Apache-2.0"
# The same user as in the image of the flows, because both work on one home folder.
RUN groupadd --gid 10001 crossfade \
    && useradd --uid 10001 --gid crossfade --no-create-home --home-dir /var/lib/crossfade crossfade \
    && install -d -o crossfade -g crossfade -m 0750 /var/lib/crossfade
COPY --from=packages /opt/crossfade /opt/crossfade
COPY . /opt/bento
RUN python -m compileall -q /opt/bento/src
# BENTOML_CONTAINERIZED: the service listens on all addresses. Its counters and sockets go to /tmp, which may be a tmpfs.
# An empty CROSSFADE_BUNDLE follows the champion of the home folder instead of serving the packed model.
ENV PATH=/opt/crossfade/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    BENTOML_DO_NOT_TRACK=True \
    BENTOML_CONTAINERIZED=true \
    BENTOML_HOME=/tmp/bentoml \
    HOME=/tmp \
    CROSSFADE_HOME=/var/lib/crossfade \
    CROSSFADE_BUNDLE=/opt/bento/src/bundle
VOLUME /var/lib/crossfade
WORKDIR /var/lib/crossfade
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:3000/readyz', timeout=4)"]
ENTRYPOINT ["bentoml", "serve", "/opt/bento"]
