"""What the invented customers write in their own languages. Any likeness is chance."""

from collections.abc import Mapping, Sequence

UNHAPPY: Mapping[str, Sequence[str]] = {
    "de": (
        "Nachts ist niemand erreichbar, und auf das Ticket vom Oktober wartet die Schicht bis heute.",
        "Die Preiserhöhung kam ohne Ankündigung, die Kosten sind jetzt ein Fünftel höher.",
        "Die Schnittstelle zu unserem ERP sollte in zwei Wochen stehen. Es sind fünf Monate.",
        "Neue Kolleginnen wurden nie geschult und arbeiten an der Software vorbei.",
    ),
    "fr": (
        "La nuit personne ne répond, et nos tickets restent sans réponse pendant des semaines.",
        "L’intégration avec notre ERP devait prendre deux semaines, nous en sommes à cinq mois.",
        "Trop cher pour des modules que personne ne nous a montrés.",
    ),
    "es": (
        "Por la noche nadie contesta y el soporte tarda días en responder.",
        "Los informes tardan tanto en cargar que mi equipo lo exporta todo.",
        "Subió el precio con la renovación y no vino nada a cambio.",
    ),
    "nl": (
        "De rapportages zijn zo traag dat iedereen weer in Excel werkt.",
        "Weer een nieuwe contactpersoon, we beginnen steeds opnieuw.",
    ),
    "pt": (
        "O suporte demora para responder e o chamado fica semanas sem resposta.",
        "O que foi prometido para o ano passado ainda não está lá.",
    ),
}
MIXED: Mapping[str, Sequence[str]] = {
    "de": ("Solides Produkt, die Auswertungen dürften schneller sein.", "Gute Leute, die Roadmap ist langsam."),
    "fr": ("Bon produit, mais les rapports sont lents à charger.", "Il manque une formation pour les administrateurs."),
    "es": ("Buen producto, faltan informes para finanzas.", "La puesta en marcha de cada planta lleva demasiado."),
    "nl": ("Prima product, de rapportages mogen sneller.",),
    "pt": ("Bom produto, faltam relatórios para finanças.",),
}
HAPPY: Mapping[str, Sequence[str]] = {
    "de": ("Ihr Team kennt unser Geschäft, und wir hören von Ihnen zuerst, wenn etwas klemmt.", "Es läuft einfach."),
    "fr": ("Votre équipe connaît notre métier.", "La mise en place a été la meilleure que nous ayons connue."),
    "es": ("Su equipo conoce nuestro negocio.", "La formación del turno de noche lo cambió todo."),
    "nl": ("Jullie team kent onze planning door en door.",),
    "pt": ("Sua equipe conhece o nosso negócio.",),
}
