"""Stage 4, mail out; bounces and replies back.

The promise: each (contact, wave, step) is handed to the mail server at most once unless a person
releases it. If the process dies or the connection breaks between the last byte of a message and the
server's answer, nobody can know whether it was accepted: such a message is marked *unknown*, is
listed, is never repeated silently, and is settled by a delivery event, by a person, or by the next
step of the chase. Nothing is marked sent without the server's 250.

`run.send_due` freezes due steps as messages and hands them over in two commits each,
`run.recover` tells apart what a dead worker left, `run.receive` takes bounces and replies.
"""
