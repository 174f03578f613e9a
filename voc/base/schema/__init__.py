"""Every table: a file for each stage, which alone writes it; any store may read any table.

Along the flow: `base`, `accounts` and `syncing`, `stakeholders`, `campaigns`, `delivery`, `responses`, `followup`,
`metrics` and `scorecards`, `web`. What is declared there is gathered here.

Rows that come from the CRM keep the CRM's own id as their primary key (a person added by a CSM
gets one that starts with `voc:`), so an address of a page can be made from it and a frozen row
says what it meant. Moments are UTC (`Instant`), amounts are exact (`Money`), closed vocabularies
are checked by the database (`one_of`). Every foreign key has an index.
"""

from voc.base.schema.accounts import *
from voc.base.schema.base import *
from voc.base.schema.campaigns import *
from voc.base.schema.declaring import *
from voc.base.schema.delivery import *
from voc.base.schema.followup import *
from voc.base.schema.metrics import *
from voc.base.schema.responses import *
from voc.base.schema.scorecards import *
from voc.base.schema.stakeholders import *
from voc.base.schema.syncing import *
from voc.base.schema.web import *
