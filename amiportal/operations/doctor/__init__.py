"""Is all well? What the doctor looks at, what it found last, and whom it tells when that changes."""
