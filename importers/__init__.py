"""How do a venue's files become facts? One package per venue."""
