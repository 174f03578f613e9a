"""Settings > CRM: secrets go in and never come out, a check before anything is read, a try that writes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.builders import add_sync_run
from tests.crm import standin_salesforce
from tests.crm.company import Company as Customers
from tests.crm.company import standard
from tests.delivery.world import NoRelay
from tests.web.company import Company, company
from tests.web.people import Visitor
from voc import jobs
from voc.accounts.connection import Crm, Secret
from voc.accounts.store import connections, errands, history
from voc.base import schema
from voc.base.settings import Settings
from voc.base.words import ErrandKind

__all__ = ["company"]
