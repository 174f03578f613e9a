"""Amounts in the reporting currency."""

from decimal import Decimal

from voc.base.preferences import Preferences


def rate_to_reporting(preferences: Preferences, currency: str | None) -> float | None:
    """One unit of that currency in the reporting one; None if there is no rate. No currency means the reporting one."""
    if currency is None or currency == preferences.reporting_currency:
        return 1.0
    return preferences.currency_rates.get(currency)


def in_reporting(preferences: Preferences, amount: Decimal | None, currency: str | None) -> float | None:
    rate = rate_to_reporting(preferences, currency)
    return None if amount is None or rate is None else float(amount) * rate
