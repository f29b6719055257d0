"""Background work that never stops silently: rounds over many items, the queue's jobs, and the workers that do both."""
