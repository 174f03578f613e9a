"""One file that holds an installation: its database, voc.toml without passwords, its own questionnaires.

`making` writes it while serving goes on, `restoring` puts it back; `archive` is the file, `manifest`
what it says of itself, `sqlite` and `postgres` the two databases, `toml` the settings file's lines.
"""
