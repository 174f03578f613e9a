"""Every stand-in the common tests run against: each connector adds its line."""

from tests.crm import standin_hubspot, standin_warehouse
from tests.crm.peer import Start

PEERS: dict[str, Start] = {
    "hubspot": standin_hubspot.start,
    "warehouse": standin_warehouse.start,
}
