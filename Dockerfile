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
# Every package comes with the hash of the lock file, as a wheel: nothing is compiled, nothing is resolved.
# PYTHONPATH: a base without pip runs the one among the gathered wheels.
ENV PIP_REQUIRE_HASHES=1 PIP_NO_DEPS=1 PIP_ONLY_BINARY=:all: PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_TARGET=/opt/dependencies \
    PYTHONPATH=/build/pip.whl
WORKDIR /build


FROM build AS webhook-dependencies
# requirements/wheels/ is optional: wheels gathered beforehand, where the build has no way to a package index.
COPY requirements/ requirements/
RUN if [ -d requirements/wheels ]; then \
        ln -s requirements/wheels/pip-*.whl pip.whl; \
        export PIP_NO_INDEX=1 PIP_FIND_LINKS=/build/requirements/wheels; \
    fi \
    && python3 -m pip install --requirement requirements/webhook.lock \
    && rm -rf /opt/dependencies/bin \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/dependencies


FROM build AS controller-dependencies
COPY requirements/ requirements/
# The package `kubernetes` holds the generated client twice, for threads and for asyncio, 33 MB of sources each.
# The controller uses kubernetes.aio alone. What goes is generated and loaded on first use; what stays of the
# synchronous one is what `import kubernetes` loads, and the object metadata models that kopf looks up.
RUN if [ -d requirements/wheels ]; then \
        ln -s requirements/wheels/pip-*.whl pip.whl; \
        export PIP_NO_INDEX=1 PIP_FIND_LINKS=/build/requirements/wheels; \
    fi \
    && python3 -m pip install --requirement requirements/controller.lock \
    && rm -rf /opt/dependencies/bin \
    && cd /opt/dependencies/kubernetes/client \
    && rm -rf api apis \
    && find models -name '*.py' ! -name __init__.py ! -name v1_object_meta.py \
        ! -name v1_owner_reference.py ! -name v1_managed_fields_entry.py -delete \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/dependencies \
    && PYTHONPATH=/opt/dependencies python3 -c 'import kopf, kubernetes.aio.client as c, kubernetes.aio.config; \
c.ApiClient, c.CoreV1Api, c.AppsV1Api, c.CoordinationV1Api, c.CustomObjectsApi'


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
