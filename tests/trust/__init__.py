"""What may be relied on, held to its word: kills, sources that misbehave, disks that fail. ``python -m tests.trust``."""
