"""How people and their mail programs say that they left, moved or are away. Tables; one phrase a line.

"Left" ends a chase, so its phrases are narrow: who "left the office" or is "no longer checking this
mailbox" has not left. English in full, the plainest phrases of six other languages.
"""

import re


def any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


LEFT = any_of(
    r"\b(i|he|she|they|who|and|[a-z][\w'-]+)\b[^.!?]{0,40}?\b(already |now |recently |since )?"
    r"(left|departed( from)?|retired( from)?|moved on from)\b(?! (a|you|him|her|me|them|it) )",
    r"\bno longer (with|at|works?|working|employed|part of|an? (employee|member)|a colleague)\b",
    r"\b(do(es)?|am|is|are)(n't| not) (work(ing)?|employed) (here|at|for|with|by)\b[^.!?]{0,40}"
    r"\b(anymore|any more|any longer)",
    r"\b(has|have|'ve) (ceased|ended|finished|concluded) (to work|working|(my|his|her|their) (employment|time))",
    r"\blast (working )?day (at|with|in|was)\b",
    r"\b(nicht mehr|nicht länger) (bei|für|im unternehmen|in unserem|tätig|beschäftigt|angestellt)",
    r"\b(unternehmen|firma) verlassen\b",
    r"\bausgeschieden\b",
    r"\b(ne (fait|fais) plus partie|ne travaill?e plus|a quitté (la société|l['’]entreprise))",
    r"\b(ya no (trabaja|trabajo|forma parte)|ha dejado (la empresa|de trabajar))",
    r"\bnon (lavora|lavoro|fa) più (parte|presso|in|per)\b",
    r"\bha lasciato l['’]azienda",
    r"\b(niet (meer|langer) (werkzaam|in dienst)|werkt niet (meer|langer))",
    r"\bjá não (trabalha|trabalho|faz parte)",
    r"\bnão (trabalha|trabalho|faz parte) mais",
)
# The sentence speaks of an office, a mailbox, a holiday or a task.
NOT_LEFT = any_of(
    r"left (the|my) (office|desk|building)",
    r"left (for|on) ",
    r"mailbox|inbox|monitor|check(ing)? (this|my|these)",
    r"no longer (available|reachable|able|in the office|on (leave|vacation|holiday))",
    # ... or of another place in the same company
    r"no longer (with|part of|at) (the|my|our) [\w ]{0,25}(team|department|project)",
)
LEFT_WHAT = re.compile(r"\bleft\b[.,;]?\s*(the (company|organi[sz]ation|firm|business|team)|our|us\b|[A-Z][\w&]+|$)")

CHANGED = any_of(
    r"\b(changed|switched|moved (in)?to|taken( on| up)?|started|assumed|transitioned (in)?to)\b[^.!?]{0,30}"
    r"\b((a |my )?(new|another|different)|roles?|positions?)\b",
    r"\bno longer (responsible|in charge|handl\w+|manag\w+|look\w* after|the (right|main|correct) (person|contact))\b",
    r"\bno longer (with|part of|at) (the|my|our) [\w ]{0,25}(team|department|project)",
    r"\b(has|have) taken over (my|his|her|the|all)\b",
    r"\b(neue (rolle|position|aufgabe)|nicht mehr (zuständig|verantwortlich))",
    r"\b(changé de (poste|fonction)|ne suis plus (responsable|en charge))",
    r"\b(cambiado de (puesto|rol)|ya no soy (responsable|la persona))",
)
ABOUT_A_ROLE = any_of(
    r"\b(role|position|team|department|project|job|function|responsible|charge|person|contact|taken over)",
    r"\b(rolle|aufgabe|zuständig|verantwortlich|poste|fonction|responsable|puesto|rol|persona)",
)

AWAY = any_of(
    r"\b(out of (the )?office|ooo|away|on (annual |sick |parental |maternity |paternity )?leave|vacation|holiday",
    r"travel+ing|return(ing)?|back (in|on|at)|limited access|not in the office",
    r"abwesen|nicht im (büro|haus)|urlaub|absent|congés?|fuera de la oficina|vacaciones",
    r"fuori (sede|ufficio)|ferie|afwezig|vakantie|ausente|férias)",
)

ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
PARTICLES = ("de", "van", "von", "der", "den", "la", "di", "da", "del", "dos", "el", "al")
NAME = rf"[A-ZÀ-ÖØ-Þ][\w'’-]+(?: (?:{'|'.join(PARTICLES)})\b| [A-ZÀ-ÖØ-Þ][\w'’.-]+){{1,3}}"
# Case matters here: it is what tells a name from the next word.
NAMED = re.compile(
    r"(?:[Cc]ontact|[Rr]each(?: out to)?|[Ww]rite to|[Ee]-?mail|[Gg]et in touch with|[Ss]peak to|[Tt]alk to"
    r"|[Dd]irect[^.]{0,30} to|[Rr]efer to|successor(?: is|,)|replaced by|replacement is|taken over by"
    r"|an|Nachfolger(?:in)?(?: ist|,)|contacter|écrire à|con|contattare|contact op met|contacte)"
    r"\s+(?:(?:my|our|meine[nm]?) (?:new )?(?:colleague|successor|replacement|Kolleg\w+|Nachfolger\w*),? "
    rf"|(?:Mr|Ms|Mrs|Herrn?|Frau)\.? )*({NAME})"
)
TAKES_OVER = re.compile(rf"({NAME}),? (?:who )?(?:has|have|is|will)\b[^.]{{0,30}}\b(?:taken|tak\w+) over")

# Where the text of the mail answered begins.
QUOTED = any_of(
    r"^>",
    r"^-{2,} ?(original message|ursprüngliche nachricht|message d'origine|mensaje original)",
    r"^_{10,}",
    r"^(on|am|le|el|il|op|em)\b.{5,120}(wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu)\s*:?\s*$",
    r"^(from|von|de|da|van): .+@",
)
