"""The script client, as modules. `make client` builds the one file that people download: clients/ami_upload.py.

`python -m clients.ami_upload` runs the modules themselves. Imports run downward only:
commands -> engine -> context -> selection -> portal -> lib.
"""
