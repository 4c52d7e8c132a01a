"""Ways of the same bundle bytes other than HTTPS (which is ``node/client.py`` and ``node/server.py``)."""
