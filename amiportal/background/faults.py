"""What a fault of the database means to a worker."""

import psycopg


def is_away(error: BaseException | None) -> bool:
    """Whether it says that the database cannot be reached just now, rather than that it was asked something wrong."""
    seen: set[int] = set()  # what causes an error may have that error for its context
    while error is not None and id(error) not in seen:
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | OSError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
