"""A second, slow reading of the design: reading order naive_venue, naive_commands, naive_margin,
naive_book, naive_liquidation, naive_takeover, naive_adl, then generator."""
