"""What lies on a card, and what of it is to be sent under which name."""
