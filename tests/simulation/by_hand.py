"""What users and strangers do to the objects of a cluster, past the operator."""

from collections.abc import Callable, Mapping

from controller.flink.names import configuration_map, rest_service
from controller.kubernetes_api import Object
from tests.simulation.promises import STRANGERS_LABELS
from tests.simulation.replica import NAME, NAMESPACE
from tests.simulation.world import World

_REST, _CONFIGURATION = rest_service(NAME), configuration_map(NAME)


def of_strangers(world: World) -> list[Object]:
    """Services that are none of the operator's."""
    return [one for one in world.server.all("services") if one["metadata"]["labels"] == STRANGERS_LABELS]


def remove_strangers(world: World) -> None:
    """Their owners take them away."""
    for body in of_strangers(world):
        world.server.delete("services", body["metadata"]["name"])


def _delete(world: World, plural: str, name: str) -> bool:
    if world.server.find(plural, name) is None:
        return False
    world.promises.deleted_by_hand(name)
    world.server.delete(plural, name)
    return True


def _edit(world: World, plural: str, name: str, patch: Object) -> bool:
    if world.server.find(plural, name) is None:
        return False
    world.server.merge(plural, name, patch)
    return True


def _lead_elsewhere(world: World) -> bool:
    return _edit(world, "services", _REST, {"spec": {"selector": {"app": "web"}}})


def _add_a_file(world: World) -> bool:
    return _edit(world, "configmaps", _CONFIGURATION, {"data": {"notes.txt": f"of {world.clock.now}"}})


def _take_the_name(world: World) -> bool:
    """Where the cluster's own Service was."""
    if not _delete(world, "services", _REST):
        return False
    metadata = {"name": _REST, "namespace": NAMESPACE, "labels": STRANGERS_LABELS}
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    world.server.create("services", body)
    return True


EDITED = "the configuration is edited"
BY_HAND: Mapping[str, Callable[[World], bool]] = {
    "the REST Service is deleted": lambda world: _delete(world, "services", _REST),
    "the REST Service is edited": _lead_elsewhere,
    "the configuration is deleted": lambda world: _delete(world, "configmaps", _CONFIGURATION),
    EDITED: _add_a_file,
    "a stranger's Service takes the name": _take_the_name,
}
"""By what happens; whether there was anything to do it to."""
