"""Languages whose words have stems here, and a guess which of them a comment is written in. Pure."""

from collections.abc import Iterable, Mapping

STEMMERS: Mapping[str, str] = {
    "ar": "arabic",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""Language code -> the Snowball algorithm for its stems."""

NAMES: Mapping[str, str] = {code: name.title() for code, name in STEMMERS.items()}
SHIPPED = ("en", "de", "fr", "es", "it", "nl", "pt")
"""The languages that the shipped code book has words in."""

_FUNCTION_WORDS: Mapping[str, str] = {
    "en": "a after all also an and any are as at be been before but by can could did do does for from get had has have"
    " he her his how i if in into is it its just me more most my no not of on one only or our out she should so some"
    " than that the their them then there these they this to too up us very was we were what when which who will with"
    " would you your",
    "de": "aber alle als am an auch auf aus bei bin bis da das dass dem den der des die doch durch ein eine einem einen"
    " einer er es für haben hat hatte ich ihr im in ist ja kann kein keine man mehr mich mit nach nicht noch nur oder"
    " schon sehr sein sich sie sind so über um und uns unser unsere vom von vor war was wenn wer wie wir wird wurde zu"
    " zum zur",
    "fr": "à au aux avec avons bien car ce ces cette chez comme dans de des du elle elles en est et était été eu fait"
    " il ils je la le les leur leurs lui mais me même mes moi mon ne nos notre nous on ont ou où par pas plus pour qu"
    " que qui sa sans se ses si son sont sur ta tout très trop un une vos votre vous y",
    "es": "a al algo como con cuando de del desde donde el ella en entre era es esta está están este esto fue ha hace"
    " hacia han hasta hay la las le les lo los más me mi muy nada ni no nos nosotros nuestra nuestro o para pero poco"
    " por porque que quien se ser si sí sin sobre son su sus también tan te tiene todo un una y ya",
    "it": "a ad agli ai al alla alle anche c che chi ci come con da dal dalla dei del della delle di dove e è ed gli ha"
    " hanno ho i il in io la le lo loro ma mi molto ne nel nella noi non nostra nostro o per perché più poco quando"
    " quello questa questo se si siamo sono su sul tra troppo tutti tutto un una uno vi",
    "nl": "aan al alle als bij dan dat de der deze die dit doch doen door dus een en er had heb hebben heeft het hier"
    " hij hoe hun ik in is ja je kan kon maar meer men met mij mijn moet na naar niet nog nu of om omdat ons onze ook"
    " op over te toch tot uit van veel voor waar was wat we weer wel wij worden wordt zeer zich zij zijn zo zonder",
    "pt": "a ao aos as até com como da das de dela dele depois do dos e é ela ele eles em entre era essa esse esta está"
    " estão eu foi há isso já lhe mais mas me mesmo meu minha muito na não nas nem no nos nós nossa nosso num o os ou"
    " para pela pelo por porque quando que quem são se sem ser seu seus só sua também tem um uma você",
}

FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()
}
"""Words that hold sentences together: they tell a language, and are no theme."""


def base(language: str) -> str:
    """pt_BR -> pt."""
    return language.replace("_", "-").partition("-")[0].lower()


def read_as(declared: str, words: Iterable[str]) -> tuple[str, ...]:
    """The languages to read a comment in: the page's, and another one if its small words say so clearly.

    A short comment may have one small word, and none of the page's: it is read in the languages that have it too.
    """
    page = base(declared)
    said = list(words)
    hits = {language: sum(word in small for word in said) for language, small in FUNCTION_WORDS.items()}
    best = max(hits, key=lambda language: (hits[language], language == page))
    found = [page] if page in STEMMERS else []
    if hits[best] == 1 and not hits.get(page, 0):
        return (*found, *(language for language in hits if hits[language] == 1 and language in STEMMERS))
    if best != page and hits[best] >= 2 and hits[best] >= 2 * hits.get(page, 0):
        found.append(best)
    return tuple(found) or ("en",)
