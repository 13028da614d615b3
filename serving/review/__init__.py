"""The review desk: alerts grouped into cases, what is known of each, and the acts on them."""
