"""Pages for people, server-rendered, in a process of their own; none of them slows a verdict."""
