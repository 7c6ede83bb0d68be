"""What one engine has given out, and what it has seen."""

import threading


class Ledger:
    def __init__(self):
        self.temporary = {}
        self.tokens = {}
        self._seen = set()
        self._lock = threading.Lock()

    def is_replayed(self, *key):
        """Whether there was a request with this timestamp, nonce, client and token before."""
        with self._lock:
            is_old = key in self._seen
            self._seen.add(key)
        return is_old

    def open(self, token, secret, client, callback):
        self.temporary[token] = {"secret": secret, "client": client, "callback": callback}

    def close(self, token):
        self.temporary.pop(token, None)

    def issue(self, token, secret, client, temporary):
        user = self.temporary[temporary]["user"]
        self.tokens[token] = {"secret": secret, "client": client, "user": user}
