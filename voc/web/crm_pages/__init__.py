"""Settings > CRM: connect, check, map, try, switch on. Admins only.

A check and a try are asked here and done by a worker; the page shows how far they are. Secrets go
in and never come out: a page knows only since when each is set.
"""

from voc.web.crm_pages.connect import connect_page, permission_set_file, remove, save
from voc.web.crm_pages.errands import check, check_page, try_it, try_page
from voc.web.crm_pages.mapping import map_object, map_page, object_page
from voc.web.crm_pages.schedule import change_schedule, schedule_page
from voc.web.crm_pages.spellings import map_words, words_page
from voc.web.crm_pages.standing import standing_of

HANDLERS = [
    connect_page,
    save,
    remove,
    permission_set_file,
    check_page,
    check,
    try_page,
    try_it,
    map_page,
    object_page,
    map_object,
    words_page,
    map_words,
    schedule_page,
    change_schedule,
]

__all__ = ["HANDLERS", "standing_of"]
