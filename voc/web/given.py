"""What a handler may ask for by name: `app`, `visit` (staff pages), `form` (POST), and the filters of an address."""

from typing import Annotated, Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from voc.web.context import App
from voc.web.forms import Form
from voc.web.visit import Visit

AnyRequest: TypeAlias = Request[Any, Any, Any]
GivenApp: TypeAlias = NamedDependency[SkipValidation[App]]
GivenVisit: TypeAlias = NamedDependency[SkipValidation[Visit]]
GivenForm: TypeAlias = NamedDependency[SkipValidation[Form]]

# What pages of figures are narrowed by, as it stands in their address.
AskedTeam: TypeAlias = Annotated[str, QueryParameter(name="team")]
AskedDays: TypeAlias = Annotated[str, QueryParameter(name="days")]
AskedCsm: TypeAlias = Annotated[str, QueryParameter(name="csm")]
AskedSegment: TypeAlias = Annotated[str, QueryParameter(name="segment")]
AskedRegion: TypeAlias = Annotated[str, QueryParameter(name="region")]
AskedDay: TypeAlias = Annotated[str, QueryParameter(name="as_of")]
