"""Pages of agreements, and the list of what nobody watches."""
