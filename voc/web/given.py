"""What a handler may ask for by name: `app: GivenApp`, `visit: GivenVisit` (staff pages), `form: GivenForm` (POST)."""

from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from voc.web.context import App
from voc.web.forms import Form
from voc.web.visit import Visit

AnyRequest: TypeAlias = Request[Any, Any, Any]
GivenApp: TypeAlias = NamedDependency[SkipValidation[App]]
GivenVisit: TypeAlias = NamedDependency[SkipValidation[Visit]]
GivenForm: TypeAlias = NamedDependency[SkipValidation[Form]]
