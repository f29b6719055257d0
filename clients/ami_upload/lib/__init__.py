"""What knows neither portal nor card."""
