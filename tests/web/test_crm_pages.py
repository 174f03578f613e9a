"""Settings > CRM: secrets go in and never come out, a check before anything is read, a try that writes nothing."""

from tests.web.company import company

__all__ = ["company"]
