"""aisnb."""
