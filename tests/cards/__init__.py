"""Files and cards as devices write them: docs/card.md."""
