"""Every write of this app, one module per step of an upload or per subject.

An upload, step by step:

selection_survey     does a selection fit the place; writes nothing
sessions             open, find, finish
checking             what would become of these files; writes nothing
granting             reserve keys, write ledger rows, sign URLs
multipart            uploads of large files as the store has them: found, begun, given up
parts                their parts: listed, signed, made into the object
confirming           compare with the store what was sent
proof                whether the store holds the content that the client has
extra_headers        what was added to a signed PUT, found by HEAD
contents, claims     what no ETag tells: objects read once, and what was claimed of them proven
rechecking, recomparing  what was proven long ago, compared once more before a card is called safe
verdicts, receipts   what was said of a session: kept, signed
selection_verify     is a card's content in the store; writes nothing
failures, conflicts  what a client could not do, and names that were answered with a conflict

In the background: expired_grants, unsettled. The old clients: legacy_grants, legacy_checks, legacy_visits,
legacy_second_files. The store against the ledger: inventory*, drift*. Files out of the ledger: exports.
"""
