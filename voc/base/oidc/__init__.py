"""Signing in with the company's own accounts: OpenID Connect, authorisation code with PKCE.

`Issuer` speaks to the issuer, `claims` decides whether to believe what it says.
"""

from voc.base.oidc.claims import Person, Unbelievable
from voc.base.oidc.issuer import Issuer

__all__ = ["Issuer", "Person", "Unbelievable"]
