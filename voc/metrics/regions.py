"""Countries by region: an owner's own map where there is one, else the usual four. Pure."""

from collections.abc import Mapping

from voc.campaigns.countries import country_code

_USUAL = {
    "Americas": "AG AI AR AW BB BM BO BQ BR BS BZ CA CL CO CR CU CW DM DO EC FK GD GF GP GT GY HN HT "
    "JM KN KY LC MQ MS MX NI PA PE PM PR PY SR SV SX TC TT US UY VC VE VG VI ",
    "Asia-Pacific": "AF AS AU BD BN BT CC CK CN CX FJ FM GU HK ID IN IO JP KG KH KI KP KR KZ LA LK MH MM "
    "MN MO MP MV MY NC NF NP NR NU NZ PF PG PH PK PN PW SB SG TH TJ TK TL TM TO TV TW UZ "
    "VN VU WF WS ",
    "Europe": "AD AL AM AT AX AZ BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GE GG GI GR HR HU IE "
    "IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK ",
    "Middle East and Africa": "AE AO BF BH BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IL IQ IR "
    "JO KE KM KW LB LR LS LY MA MG ML MR MU MW MZ NA NE NG OM PS QA RE RW SA SC SD SL SN "
    "SO SS ST SY SZ TD TG TN TR TZ UG YE YT ZA ZM ZW ",
}  # fmt: skip
_BY_CODE = {code: region for region, codes in _USUAL.items() for code in codes.split()}
USUAL = tuple(_USUAL)


def region_of(country: str | None, own: Mapping[str, str]) -> str | None:
    """The region of a country as a CRM writes it; None where nobody knows the country.

    `own` maps codes of two letters to regions; a country that it does not name is in its usual region.
    """
    code = country_code(country)
    return None if code is None else own.get(code, _BY_CODE.get(code))
