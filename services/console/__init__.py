"""The `haoping` command: what people and scripts type."""
