"""An access token from kclogin for every call of a gRPC channel: asked for when there is none, or when it is about to expire."""

import json
import subprocess
import threading
import time

import grpc


class Kclogin(grpc.AuthMetadataPlugin):
    """Calls get a token that is valid for half a minute at least. Where kclogin has none they fail, with its words as the details."""

    def __init__(self):
        self._lock = threading.Lock()
        self._token, self._asked_again_at = None, 0.0

    def __call__(self, context, callback):
        # gRPC asks in a thread of its own, so it may take the time that a refresh takes.
        try:
            callback((("authorization", f"Bearer {self._fresh()}"),), None)
        except (OSError, RuntimeError) as error:
            callback((), error)

    def _fresh(self):
        with self._lock:
            if self._token is None or time.monotonic() >= self._asked_again_at:
                answer = subprocess.run(["kclogin", "token", "--format", "json"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
                if answer.returncode != 0:
                    raise RuntimeError("; ".join(answer.stderr.splitlines()))
                document = json.loads(answer.stdout)
                self._token = document["token"]
                # kclogin keeps it fresh for all: asking again early costs a few milliseconds, asking late a refusal.
                self._asked_again_at = time.monotonic() + max((document["seconds_left"] or 60) - 30, 0)
            return self._token


def channel(target):
    """A channel whose calls have the token. It speaks TLS, without which gRPC sends no token."""
    token = grpc.metadata_call_credentials(Kclogin(), name="kclogin")
    return grpc.secure_channel(target, grpc.composite_channel_credentials(grpc.ssl_channel_credentials(), token))


if __name__ == "__main__":
    import sys

    # Methods whose request and response are empty messages or text, such as `/orders.Orders/Who`.
    with channel(sys.argv[1]) as orders:
        for method in sys.argv[2:]:
            try:
                print(orders.unary_unary(method)(b"", timeout=30).decode())
            except grpc.RpcError as error:
                sys.exit(f"{error.code().name}: {error.details()}")
