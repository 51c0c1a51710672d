# One image for every service; which one it is, is its command: services.<name>.service:<Class>
FROM python:3.11.16-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HAOPING_CONFIG_DIR=/app/config
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY pyproject.toml ./
COPY services services
COPY clients clients
COPY config config
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin haoping

USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "nameko", "run", "--config", "/app/config/services.yaml"]
