"""Who asks: people with a password or a provider, their sessions, and what guards a form.

Keys of machines are looked up in `serving.keys`; here is what people need. A person signs in on
the pages with a password, or by a provider of OpenID Connect, and gets a session: a random token
in a cookie, of which only the hash is stored. Every page asks for a session, every form carries a
token that only its session could have made, and whoever guesses is slowed down. A person sees the
programs and the desks of his roles and nothing beside them.
"""
