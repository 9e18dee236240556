"""What the provider delivers: services."""
