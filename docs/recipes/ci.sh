#!/bin/sh
# In CI nobody signs in: a client with a service account does. The three variables come from the CI's settings, the secret from its secrets.
set -eu
: "${KCLOGIN_ISSUER:?}" "${KCLOGIN_CLIENT_ID:?}" "${KCLOGIN_CLIENT_SECRET:?}"

# The command gets the token, and not the client's secret, with which it could ask for any number of them.
kclogin exec --client-credentials --env API_TOKEN -- env -u KCLOGIN_CLIENT_SECRET "$@"
