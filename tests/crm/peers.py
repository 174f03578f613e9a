"""Every stand-in the common tests run against: each connector adds its line."""

from tests.crm import standin_hubspot, standin_odoo, standin_salesforce, standin_warehouse
from tests.crm.peer import Start

PEERS: dict[str, Start] = {
    "odoo": standin_odoo.start,
    "salesforce": standin_salesforce.salesforce,
    "hubspot": standin_hubspot.start,
    "warehouse": standin_warehouse.start,
}
