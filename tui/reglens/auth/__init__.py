"""Registry authentication: challenges, tokens, credentials, and the flow that joins them."""
