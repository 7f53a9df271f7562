# syntax=docker/dockerfile:1

# SQLite up to 3.51.2 can damage a WAL database that several connections use (fixed in 3.51.3), and the base image's
# is older. Its sources come as they are published inside a package of the npm registry, pinned by checksum.
FROM node:24-slim AS sqlite-source
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /sqlite
RUN npm pack --silent better-sqlite3@13.2.0 \
    && echo "40487589df3496f2ee0079d22b73c63fccebe7db0e8ee9a2c42421861e321e0b  better-sqlite3-13.2.0.tgz" | sha256sum --check - \
    && tar -xzf better-sqlite3-13.2.0.tgz --strip-components=3 package/deps/sqlite3

FROM python:3.13-trixie AS build
WORKDIR /build
COPY --from=sqlite-source /sqlite/*.c /sqlite/*.h ./
RUN mkdir -p /opt/sqlite \
    && gcc -O2 -fPIC -shared -Wl,-soname,libsqlite3.so.0 -o /opt/sqlite/libsqlite3.so.0 \
       -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_COLUMN_METADATA \
       -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_THREADSAFE=1 -DSQLITE_USE_URI=1 \
       sqlite3.c -lpthread -ldl -lm
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/hub \
    && pip --python /opt/hub/bin/python install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
       --requirement requirements.lock
COPY hub /app/hub
COPY static /app/static
RUN /opt/hub/bin/python -m compileall -q /opt/hub/lib /app/hub

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="Frostbyte Hub" \
      org.opencontainers.image.description="Realtime websocket community hub for national parks" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hub \
    && install -d -o hub -g hub -m 0750 /var/lib/hub
COPY --from=build /opt/sqlite /opt/sqlite
COPY --from=build /opt/hub /opt/hub
COPY --from=build /app /app
ENV PATH=/opt/hub/bin:$PATH \
    LD_LIBRARY_PATH=/opt/sqlite \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HUB_ENV=production \
    HUB_BIND=0.0.0.0:8000 \
    HUB_DATABASE_URL=sqlite:////var/lib/hub/hub.db
RUN python -c "import sqlite3; assert sqlite3.sqlite_version_info >= (3, 51, 3), sqlite3.sqlite_version"
WORKDIR /app
USER 10001:10001
VOLUME /var/lib/hub
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/healthz' % os.environ['HUB_BIND'].rpartition(':')[2], timeout=3)"]
ENTRYPOINT ["python", "-m", "hub.cli"]
CMD ["serve"]
