# The two services' images:
#
#     docker build --target webhook    --tag flink-operator-webhook    .
#     docker build --target controller --tag flink-operator-controller .
#
# The base is Debian bookworm with Python 3.11, the combination that the tests run on. A tag can move: pin the
# base for good with --build-arg PYTHON_IMAGE=docker.io/library/python:3.11.14-slim-bookworm@sha256:<digest>
# (`docker buildx imagetools inspect <tag>` shows the digest). Any image with `python3` and `useradd` will do.
# Nothing here needs BuildKit, so that buildah builds the same file.
ARG PYTHON_IMAGE=docker.io/library/python:3.11.14-slim-bookworm


FROM ${PYTHON_IMAGE} AS build
WORKDIR /build


FROM build AS webhook-dependencies
COPY requirements/ requirements/
RUN requirements/install webhook /opt/dependencies \
    && PYTHONPATH=/opt/dependencies python3 -c 'import kubernetes.aio.client as c, kubernetes.aio.config; c.ApiClient'


FROM build AS controller-dependencies
COPY requirements/ requirements/
RUN requirements/install controller /opt/dependencies \
    && PYTHONPATH=/opt/dependencies python3 -c 'import kopf, kubernetes.aio.client as c, kubernetes.aio.config; \
c.ApiClient, c.CoreV1Api, c.AppsV1Api, c.CoordinationV1Api, c.CustomObjectsApi; import obstore.fsspec'


# The services' own code: shared and one service, never the other; readable for everyone, however strict the
# umask of the checkout was.
FROM build AS webhook-code
COPY shared/ /opt/code/shared/
COPY webhook/ /opt/code/webhook/
RUN chmod -R a+rX /opt/code && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/code

FROM build AS controller-code
COPY shared/ /opt/code/shared/
COPY controller/ /opt/code/controller/
RUN chmod -R a+rX /opt/code && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/code


FROM ${PYTHON_IMAGE} AS service
# No installer stays within, and uid 9999 has a name, because libraries look up who they run as.
RUN if python3 -m pip --version; then \
        python3 -m pip uninstall --yes --root-user-action ignore --break-system-packages pip setuptools wheel; \
    fi \
    && rm -rf /usr/local/lib/python3*/ensurepip \
    && useradd --uid 9999 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin flink-operator
# Bytecode was compiled during the build: the services never write to their file system.
ENV PYTHONPATH=/opt/code:/opt/dependencies PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 9999:9999


FROM service AS webhook
ENTRYPOINT ["python3", "-m", "webhook"]
LABEL org.opencontainers.image.title="flink-operator-webhook" \
      org.opencontainers.image.description="Admission webhook of the Flink operator" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=webhook-dependencies /opt/dependencies/ /opt/dependencies/
COPY --from=webhook-code /opt/code/ /opt/code/


FROM service AS controller
ENTRYPOINT ["python3", "-m", "controller"]
LABEL org.opencontainers.image.title="flink-operator-controller" \
      org.opencontainers.image.description="Controller of the Flink operator" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=controller-dependencies /opt/dependencies/ /opt/dependencies/
COPY --from=controller-code /opt/code/ /opt/code/
