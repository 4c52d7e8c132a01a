"""Ways of the same bundle bytes other than HTTPS (which is ``node/peers/client.py`` and ``node/peers/server.py``)."""
