"""What the program does for a person: from the command line to the verdict."""
