#!/bin/sh
# Vault, or OpenBao, with a token of its own that it gives for one of kclogin's, as in `VAULT_ROLE=developer vault.sh vault kv get secret/app`.
# Both tokens go by pipes and by the environment: they are in no list of processes and in no file.
set -eu
: "${VAULT_ROLE:?}" "${1:?vault or bao}"
jwt=$(kclogin token --id-token)

# Whatever token of Vault's is already there is not needed for this.
VAULT_TOKEN=$(printf %s "$jwt" | env -u VAULT_TOKEN "$1" write -field=token "auth/${VAULT_AUTH_PATH:-jwt}/login" role="$VAULT_ROLE" jwt=-)
export VAULT_TOKEN
exec "$@"
