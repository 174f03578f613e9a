"""What the tests in a real browser share; the browser itself is in `chromium`."""

from tests.browser.chromium import DESKTOP, PHONE, SMALL_PHONE
from tests.web.company import company, company_database, company_reused, company_template

__all__ = ["DESKTOP", "PHONE", "SMALL_PHONE", "company", "company_database", "company_reused", "company_template"]
