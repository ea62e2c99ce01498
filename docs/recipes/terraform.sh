#!/bin/sh
# Terraform or OpenTofu whose state is on a server that takes the token for a password (the backend `http`), as in `terraform.sh terraform apply`.
# Where nobody is signed in it does not start.
set -eu

export TF_HTTP_USERNAME=oauth2
exec kclogin exec --env TF_HTTP_PASSWORD -- "$@"
