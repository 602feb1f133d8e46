# Two stages: durable-rules has no wheel, so the first needs a compiler; the second holds none.
#
#   docker build -t cds-rules .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#       --network host -v cds-state:/var/lib/cds cds-rules
#
# CDS_AUTH=off answers on loopback only, so this shares the host's network: put the TLS proxy beside it. With CDS_AUTH=jwt
# set CDS_HOST=0.0.0.0 and publish the port instead.

FROM python:3.12-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/cds
WORKDIR /app
# The pins first: a change of code does not compile the engine again.
COPY requirements.txt requirements-postgres.txt ./
RUN /opt/cds/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
    -r requirements.txt -r requirements-postgres.txt
COPY pyproject.toml ./
COPY cds ./cds
# Editable: templates and tables are read where they lie, whatever the packaging lists.
RUN /opt/cds/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps -e . \
    && /opt/cds/bin/python -m compileall -q cds

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/cds --shell /usr/sbin/nologin cds \
    && install -d -m 0700 -o cds -g cds /var/lib/cds
COPY --from=build /opt/cds /opt/cds
COPY --from=build /app /app
COPY LICENSE NOTICE /app/
COPY rulesets /app/rulesets
# The malloc settings make the engine about twice as fast (glibc trims the heap at each deleted session otherwise).
ENV PATH=/opt/cds/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_TRIM_THRESHOLD_=268435456 \
    MALLOC_MMAP_THRESHOLD_=67108864 \
    CDS_HOST=127.0.0.1 \
    CDS_PORT=8000 \
    CDS_STATE=/var/lib/cds \
    CDS_RULESETS=/app/rulesets
WORKDIR /app
USER cds
VOLUME /var/lib/cds
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"CDS_PORT\"]}/livez', timeout=2)"]
CMD ["cds", "serve"]
