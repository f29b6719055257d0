"""The engine: read and hash -> grant -> send -> confirm. Parts of the same names do the same on the upload page."""
