"""How quick the service is: real processes on the loopback, and a load client that is quicker."""
