"""An access token from kclogin for a Python program: asked for when there is none, or when it is about to expire."""

import json
import subprocess
import time
import urllib.request

_token, _asked_again_at = None, 0.0


def access_token():
    """A token that is valid for half a minute at least. Raises CalledProcessError where kclogin has none; its words are on stderr."""
    global _token, _asked_again_at
    if _token is None or time.monotonic() >= _asked_again_at:
        answer = subprocess.run(["kclogin", "token", "--format", "json"], check=True, stdout=subprocess.PIPE)
        document = json.loads(answer.stdout)
        _token = document["token"]
        # kclogin keeps it fresh for all: asking again early costs a few milliseconds, asking late a refusal.
        _asked_again_at = time.monotonic() + max((document["seconds_left"] or 60) - 30, 0)
    return _token


def get(url):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {access_token()}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


if __name__ == "__main__":
    import sys

    for url in sys.argv[1:]:
        print(get(url)["preferred_username"])
