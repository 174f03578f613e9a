"""The relationship mails in German and Arabic, as a translator would hand them in."""

from dataclasses import replace
from types import MappingProxyType

from tests.delivery.test_mail import ASKED, ENGLISH
from voc.campaigns.definition import Language, Mail, MailText, Questionnaire

_GERMAN = {
    Mail.HEADS_UP: MailText(
        "{% if first_name %}{{ first_name }}, eine{% else %}Eine{% endif %} kurze Mail von mir kommt",
        "In ein paar Tagen bekommen Sie {{ questions }} Fragen von mir. Wenn jemand anders bei {{ account }} gefragt"
        " werden soll, antworten Sie mit dem Namen.\n",
    ),
    Mail.INVITE: MailText(
        "{% if first_name %}{{ first_name }}, {% endif %}{{ questions }} Fragen zur Zusammenarbeit",
        "{% for line in you_said %}\n{{ line }}\n\n{% endfor %}\nWie läuft es für Sie?"
        " Es sind {{ questions }} Fragen,"
        " unter {{ seconds }} Sekunden, und ich lese jede Antwort selbst.\n\n{{ scale }}\n\nOffen bis"
        " {{ closing_date }}."
        " Nicht die richtige Person? [Jemanden nennen]({{ colleague_link }}) oder"
        " [sagen, dass Sie gewechselt haben]({{ ways_link }}).\n",
    ),
    Mail.REMINDER: MailText(
        "{% if first_name %}{{ first_name }}, {% endif %}{{ questions }} Fragen zur Zusammenarbeit",
        "Ihre Sicht auf {{ company }} fehlt noch. Eine Zahl genügt.\n\n{{ scale }}\n\nOffen bis {{ closing_date }}.\n",
    ),
    Mail.LAST: MailText("Offen bis {{ closing_date }}", "Das ist die letzte Mail dazu.\n\n{{ scale }}\n"),
}
_ARABIC = {
    Mail.HEADS_UP: MailText(
        "{% if first_name %}{{ first_name }}، {% endif %}رسالة قصيرة مني في الطريق",
        "بعد أيام قليلة تصلك مني {{ questions }} أسئلة. إن كان شخص آخر في {{ account }} أولى بها فاكتب لي اسمه.\n",
    ),
    Mail.INVITE: MailText(
        "{% if first_name %}{{ first_name }}، {% endif %}{{ questions }} أسئلة عن العمل معنا",
        "{% for line in you_said %}\n{{ line }}\n\n{% endfor %}\nكيف نسير؟"
        " {{ questions }} أسئلة في أقل من {{ seconds }}"
        " ثانية، وأقرأ كل جواب بنفسي.\n\n{{ scale }}\n\nمفتوح حتى {{ closing_date }}. لست الشخص المناسب؟"
        " [اذكر زميلا]({{ colleague_link }}).\n",
    ),
    Mail.REMINDER: MailText(
        "{% if first_name %}{{ first_name }}، {% endif %}{{ questions }} أسئلة عن العمل معنا",
        "رأيك في {{ company }} ما زال ينقصنا. رقم واحد يكفي.\n\n{{ scale }}\n\nمفتوح حتى {{ closing_date }}.\n",
    ),
    Mail.LAST: MailText("مفتوح حتى {{ closing_date }}", "هذه آخر رسالة.\n\n{{ scale }}\n"),
}
_ARABIC_WORDS = {
    "greeting": "عزيزتي {{ first_name }}،",
    "greeting_nameless": "صباح الخير،",
    "regards": "مع أطيب التحيات",
    "preheader": "اختر رقما؛ السؤال الأول في هذه الرسالة.",
    "scale_ends": "0 تعني مطلقا، و10 تعني بالتأكيد.",
    "scale_tap": "يفتح الرقم الصفحة، ولا يرسل شيء قبل أن تضغط زر الإرسال.",
    "scale_open": "افتح سطر رقمك؛ لا يرسل شيء قبل أن تضغط زر الإرسال.",
    "point": "{{ score }} من 10",
    "privacy": "أقرأ هذا مع اسمك، ويقرؤه من يصلح ما تذكره.",
    "reply": "يكفي أن ترد على هذه الرسالة.",
    "never": "لا تسألني مرة أخرى",
    "about": "ما نحتفظ به",
}
_GERMAN_WORDS = {
    "greeting": "Guten Tag {{ first_name }},",
    "greeting_nameless": "Guten Tag,",
    "regards": "Freundliche Grüße",
    "preheader": "Tippen Sie auf eine Zahl; die erste Frage steht in dieser Mail.",
    "scale_ends": "0 heißt gar nicht, 10 sehr wahrscheinlich.",
    "scale_tap": "Die Zahl öffnet die Seite; gesendet wird erst mit Senden.",
    "scale_open": "Öffnen Sie die Zeile Ihrer Zahl; gesendet wird erst mit Senden.",
    "point": "{{ score }} von 10",
    "privacy": "Ich lese das mit Ihrem Namen.",
    "reply": "Antworten Sie einfach auf diese Mail.",
    "never": "Nie wieder fragen",
    "about": "Was wir speichern",
}
GERMAN: Language = replace(ENGLISH, code="de", mail=_GERMAN_WORDS, mails=MappingProxyType(_GERMAN))
ARABIC: Language = replace(
    ENGLISH,
    code="ar",
    direction="rtl",
    mail=_ARABIC_WORDS,
    mails=MappingProxyType(_ARABIC),
    numbers=("لا", "سؤال", "سؤالان", "ثلاثة", "أربعة", "خمسة"),
    months=(
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ),
    weekdays=("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
)
QUESTION = {
    "de": "Wie wahrscheinlich empfehlen Sie {{ company }} weiter?",
    "ar": "ما احتمال أن توصي بشركة {{ company }} لزميل؟",
}
TRANSLATED: Questionnaire = replace(
    ASKED,
    hash="translated",
    languages=MappingProxyType({"en": ENGLISH, "de": GERMAN, "ar": ARABIC}),
    questions=(
        replace(ASKED.key_question, text={**ASKED.key_question.text, **QUESTION}),
        *(question for question in ASKED.questions if question.key != ASKED.key_question.key),
    ),
)
