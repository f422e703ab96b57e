"""Names of Services for processes outside the cluster."""

import ipaddress
import socket
from typing import cast

from aiohttp.abc import AbstractResolver, ResolveResult

from controller.kubernetes_api import SERVICES, KubernetesApi


class ServiceNames(AbstractResolver):
    """`name.namespace` as the cluster's DNS resolves it: this process is not in the cluster."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        name, _, namespace = host.partition(".")
        service = await self._api.get(SERVICES, namespace, name)
        if service is None:
            raise OSError(f"there is no service {host}")
        address = str(ipaddress.ip_address(service["spec"]["clusterIP"]))
        found = {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
        return [cast(ResolveResult, found)]

    async def close(self) -> None:
        """Nothing is held."""
