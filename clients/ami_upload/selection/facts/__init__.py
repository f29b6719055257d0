"""What a file says of itself: its device, time, place, and whether its content can be right."""
