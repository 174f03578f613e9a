"""How people and their mail programs say that they left, moved or are away. Tables; one phrase a line.

"Left" ends a chase, so its phrases are narrow: who "left the office" or is "no longer checking this
mailbox" has not left. Seven languages; measured by F17 (tests/faults/corpus/replies).
"""

import re


def any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


# What somebody leaves for good; a name with a capital counts too, but not "left Jon in charge".
_FIRM = r"(company|organi[sz]ation|firm|business|group|practice|agency|bank|school|university|charity|council)"

LEFT = any_of(
    # English
    r"\b(has|have|had|'ve|i|he|she|they|who)\b( \w+){0,2}? (left|departed)\b[.,;]?\s*"
    rf"((from )?(the|our|this|my|his|her) {_FIRM}|us\b|(from )?(?-i:[A-Z])[\w&'’-]+(?! (in|to|with|a|an|as)\b)"
    r"|$|as of|(in|on|at the end of) (?-i:[A-Z]))",
    rf"\bleft (the|our|this) {_FIRM}\b",
    r"\b(decided|chosen|choice|decision) to leave\b",
    r"\b(moved on|parted (ways|company)|departed) (from|with)\b",
    r"\bno longer (with|at|works?|working|employed|part of|on (the )?staff|an? (employee|member|colleague|part))\b",
    r"\b(do(es)?|am|is|are)(n['’]t| not) (work(ing)?|employed) (here|at|for|with|by)\b[^.!?]{0,40}"
    r"\b(anymore|any more|any longer)",
    r"\b(has|have|['’]ve) (ceased|ended|finished|concluded) (to work|working|(my|his|her|their) (employment|time))",
    r"\b(employment|contract|time|tenure)\b[^.!?]{0,40}\b(ended|(come|came) to an end|finished|ceased)\b",
    r"\b(former|ex-?) ?(employee|colleague|member of (our )?staff|staff member)\b",
    r"\bretired\b(?! (the|our|my|a|an|it|this|that)\b)|\b(is|am|are) (now )?in retirement\b",
    r"\blast (working )?day\b( (at|with|in|of work|was)\b)|\bwas (my|his|her|their) last (working )?day\b",
    r"\b(pursue|explore) (new|other) (opportunit|challenge|adventure)",
    # German
    r"\bnicht (mehr|länger)\b[^.!?]{0,60}\b(tätig|beschäftigt|angestellt|im unternehmen|bei uns|im hause?|in der firma"
    r"|in unserem (haus|unternehmen)|mitarbeiter(in)?|mitglied|teil (des|der|unseres|von))\b",
    r"\b(bin|ist|sind|arbeite[nt]?)\b[^.!?]{0,30}\bnicht (mehr|länger) (bei|in|für) (uns\b|der |die |(?-i:[A-ZÄÖÜ]))",
    r"\b(unternehmen|firma|gesellschaft|betrieb|organisation|konzern|agentur|verein|verband|haus)\b[^.!?]{0,40}"
    r"\bverlassen\b",
    r"\b(hat|haben) uns\b[^.!?]{0,40}\bverlassen\b",
    r"\bausgeschieden\b",
    r"\b(im|in den|in|in die) (wohlverdienten? |verdienten? )?(ruhestand|rente|pension)\b",
    r"\bletzter (arbeits)?tag\b",
    r"\behemalige[nr]? (mitarbeiter|kolleg)",
    # French
    r"\bne (fai[st]|faisons) plus partie\b",
    r"\bne travaille?s? plus\b",
    r"(\bn['’]est|\bne suis) plus (un |une )?(collabora|salarié|employé|parmi|membre|en poste|chez|dans (la|notre)"
    r"|au sein|à l['’]effectif|dans l['’])",
    r"\b(ai|a|avons|avoir|viens de|vient de)\b( \w+)? quitt(é|er)\b(?! (le|mon|son|notre) bureau)",
    r"\b(à la|en|sa|ma) retraite\b",
    r"\bdernier jour (de travail|chez|dans|au sein|à|était|a été)",
    r"\bancienn?e? (collabora|salarié|employé)",
    # Spanish
    r"\bya no (trabaj\w+|forma\w* parte|pertene\w+|prest\w+|est(á|oy) en (la|esta|nuestra) (empresa|compañía))",
    r"\bno trabaj[ao] más\b",
    r"\b(ha|he|han) dejado (de (trabajar|prestar|formar|pertenecer)|(la|esta|nuestra) (empresa|compañía|organización))",
    r"\bdejó (de (trabajar|prestar|formar)|(la|nuestra) (empresa|compañía))",
    r"\b(causó|causé|ha causado|he causado) baja\b",
    r"\b(se|me) (ha|he|han) (jubilado|desvinculado)\b|\bse jubiló\b|\b(está|estoy) jubilad[oa]\b",
    r"\b[úu]ltimo día (de trabajo |laboral )?(en|con|fue)\b",
    r"\b(ha|he) (abandonado|salido de) (la|nuestra|esta) (empresa|compañía)",
    # Italian
    r"\bnon (lavor\w+|oper\w+|collabor\w+) più\b",
    r"\bnon (fa|faccio|fanno) più parte\b",
    r"\bnon (è|sono) più (un |una )?(dipendent|impiegat|in azienda|in forza|presso|con noi|tra )",
    r"\b(ha|ho|hanno) lasciato\b[^.!?]{0,25}\b(azienda|società|ditta|gruppo|impresa|organizzazione|incarico|studio)\b",
    r"\b(è|sono) (andat[oa] |ora )?in pensione\b",
    r"\bultimo giorno\b( (di lavoro|lavorativo|in|presso|è stato))",
    r"\b(rapporto|collaborazione)\b[^.!?]{0,40}\b(cessat|terminat|conclus)[oa]\b",
    # Dutch
    r"\bniet (meer|langer)\b[^.!?]{0,30}\b(werkzaam|in dienst|verbonden|onderdeel|een? medewerker|in ons midden)\b",
    r"\bwerk(t|en)? niet (meer|langer)\b(?! met)",
    r"\b(heeft|heb|hebben)\b(?![^.!?]*\b(kantoor|gebouw|werkplek)\b)[^.!?]{0,60}\bverlaten\b",
    r"\buit dienst\b|\bmet pensioen\b|\bgepensioneerd\b",
    r"\blaatste (werk)?dag (was|bij|is)\b",
    r"\bvoormalige? (medewerker|collega)",
    # Portuguese
    r"\bjá não (trabalh\w+|faz\w*|faço|integr\w+|pertenc\w+|colabor\w+)\b",
    r"\bnão (trabalh\w+|faz|faço|fazem|integr\w+|pertenc\w+|colabor\w+) mais\b",
    r"\bdeix(ou|ei|aram) (a|esta|nossa|a nossa) (empresa|companhia|organização|instituição)\b",
    r"\bdeix(ou|ei) de (trabalhar|fazer parte|colaborar|integrar|pertencer)\b",
    r"\b(saí|saiu|(me )?desligu?ei(-me)?|(se )?desligou(-se)?) (d[aeo]|desta|da nossa) (?!escrit)",
    r"\b(aposentou-se|se aposentou|aposentei-me|me aposentei|aposentad[oa]|reformou-se|reformei-me|reformad[oa])\b",
    r"\b[úu]ltimo dia (de trabalho )?(na|no|em|foi)\b",
)
# The sentence speaks of an office, a mailbox, a holiday or a task.
NOT_LEFT = any_of(
    r"left (the|my) (office|desk|building)",
    r"left (for|on) ",
    r"mailbox to|inbox|monitor(ing)? (this|my)|check(ing)? (this|my|these|e-?mail|mail)",
    r"no longer (available|reachable|able|in the office|on (leave|vacation|holiday))",
    r"last (working )?day (of|before) (my |the )?(holiday|vacation|leave|fair)",
    # ... or of another place in the same company
    r"no longer (with|part of|at) (the|my|our) [\w ]{0,25}(team|department|project)",
    r"nicht (mehr|länger)\b[^.!?]{0,60}\b(zuständig|verantwortlich|ansprechpartner|erreichbar)",
    r"\b(nur|kurz|heute|morgen|büro)\b[^.!?]{0,40}\bverlassen",
    r"quitt\w+ (le|mon|son|notre) bureau",
    r"niet (meer|langer)\b[^.!?]{0,40}\b(verantwoordelijk|contactpersoon|aanspreekpunt|bereikbaar)",
)

CHANGED = any_of(
    # English
    r"\b(changed|switched|moved (in)?to|taken( on| up)?|started|assumed|transitioned (in)?to|accepted)\b[^.!?]{0,30}"
    r"\b((new|another|different)\b[^.!?]{0,20}\b(roles?|positions?|team|department|job|function)|roles|positions)\b",
    r"\bno longer (responsible|in charge|handl\w+|manag\w+|look\w* after|deal\w* with)\b",
    r"\bno longer (the|your) ([\w-]+ )?(person|contact|point)\b",
    r"\bno longer (with|part of|at) (the|my|our) [\w ]{0,25}(team|department|project)",
    r"\bnew (role|position) (within|in|at|as)\b",
    r"\b(has|have) taken over (my|his|her|the|all)( \w+)? (role|position|task|dut|responsib|account|project)",
    # German
    r"\bneuen? (rolle|position|aufgaben?|funktion|stelle|aufgabengebiet)\b",
    r"\bnicht (mehr|länger)\b[^.!?]{0,60}\b(zuständig|verantwortlich|ansprechpartner(in)?)\b",
    r"\b(abteilung|bereich|position|funktion)\b[^.!?]{0,20}\bgewechselt\b",
    # French
    r"\bchangé de (poste|fonctions?|service|rôle)\b|\bnouve(lles?|aux?) (poste|fonctions?|missions?)\b",
    r"\bne suis plus (le |la |l['’]|votre )?(responsable|en charge|contact|interlocu|chargée?)",
    r"(\bn['’]occupe|\bn['’]assure|\bne m['’]occupe|\bne gère) plus\b",
    # Spanish
    r"\bcambi(ado|é) de (puesto|rol|departamento|área|funci[oó]n(es)?|cargo)\b",
    r"\bnuev[oa]s? (cargo|puesto|rol|funci[oó]n(es)?|posición|responsabilidades)\b",
    r"\bya no (soy|llevo|gestiono|me (ocupo|encargo)|estoy a cargo)\b",
    # Italian
    r"\bcambiato (ruolo|mansion[ei]|incarico|funzione|reparto)\b",
    r"\bnuov[oa] (ruolo|incarico|mansione|posizione|funzione)\b",
    r"\bnon (sono|è) più (il |la |l['’])?(responsabile|referente|person|contatto|incaricat)",
    r"\bnon (mi|si) occup\w+ più\b|\bnon (seguo|gestisco) più\b",
    # Dutch
    r"\b(andere|nieuwe) (functie|rol|positie)\b",
    r"\bniet (meer|langer)\b[^.!?]{0,30}\b(verantwoordelijk|contactpersoon|aanspreekpunt)\b",
    r"\bvan (functie|rol|afdeling) (veranderd|gewisseld)\b",
    # Portuguese
    r"\bmud(ei|ou) de (funç(ão|ões)|cargo|área|departamento)\b|\bnov[oa]s? (funç(ão|ões)|cargo|posição)\b",
    r"\b(já não sou|não sou mais)\b|\bdeix(ei|ou) de (acompanhar|ser|gerir|tratar)\b",
)

AWAY = any_of(
    r"\b(out of (the )?office|ooo|out of town|away|on ((annual|sick|parental|maternity|paternity|holiday) )?leave)\b",
    r"\bleft (the|my) (office|desk)\b",
    r"\b(vacation|holiday|travel+ing|return(ing)?|back (in|on|at|soon)|limited access|not in the office|in meetings"
    r"|(trade fair|conference))\b",
    r"abwesen|nicht im (büro|haus)|urlaub|elternzeit|mutterschutz|dienstreise|nicht erreichbar|wieder (im|für sie|da)"
    r"|büro\b[^.!?]{0,30}verlassen|melde mich (morgen|am|nach)",
    r"absent|absence|congé|vacances|en déplacement|en réunion|de retour",
    r"fuera de (la )?oficina|vacaciones|de viaje|reunid[oa]|ausente|estaré fuera|no estoy en la oficina|de baja",
    r"fuori (sede|ufficio)|\bferie\b|assent[ei]|assenza|in riunione|in trasferta|in viaggio",
    r"afwezig|vakantie|met verlof|zwangerschapsverlof|in overleg|niet op kantoor|het kantoor|ben er niet",
    r"férias|ausent|ausência|fora do escritório|em viagem|em reunião|de licença",
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
