"""The workstation room (import name `sna_export`): fit, solve or adopt, compress, quantize,
certify, write.

It imports `sna_edge`; never the reverse. Needs the extra `export`.
"""
