"""Every write of this app, one module per step of an upload.

surveying   does a selection fit the place; writes nothing
sessions    open, find, finish
checking    what would become of these files; writes nothing
granting    reserve keys, write ledger rows, sign URLs
multipart   uploads of large files as the store has them: found, begun, given up
parts       their parts: listed, signed, made into the object
confirming  compare with the store what was sent
extra_headers  what was added to a signed PUT, found by HEAD
contents    objects read once, of which no ETag tells the MD5
claims      the MD5 of what was sent in parts, read by a worker and proven
verifying   is a card's content in the store; writes nothing
failing     what a client could not do
settling    grants that nobody confirmed
field_clients  the same for the clients already in the field, who send no sizes and no MD5
"""
