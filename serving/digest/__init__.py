"""The digest: what is new since the last one, once a night, by webhook or by e-mail.

`jobs` decides what is new and sees that it leaves once; `letter` says it in a language; `mail`
hands a letter to a mail server. Nothing is sent where nothing is new.
"""
