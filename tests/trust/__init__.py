"""What may be relied on: kills, sources that misbehave, disks that fail. ``python -m tests.trust`` counts."""
