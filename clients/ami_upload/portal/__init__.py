"""How the portal and its store are spoken to."""
