"""The switches of the contract suite, with ivr's call server beside them."""

from tests.contract.switch.conftest import bench, freeswitch, services, simulator, switch

__all__ = ["bench", "freeswitch", "services", "simulator", "switch"]
