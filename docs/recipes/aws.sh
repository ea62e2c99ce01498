#!/bin/sh
# A command in a role of AWS that trusts the realm, as in `AWS_ROLE_ARN=... aws.sh aws s3 ls`. For all that has AWS's SDK: aws, terraform, a program of yours.
set -eu
: "${AWS_ROLE_ARN:?}"

# The SDK looks into the file again whenever the role's keys run out, so kclogin keeps a valid token there. It is the ID token, which is for the very client
# that the role trusts. Keys that are in the environment would go first.
exec kclogin exec --file AWS_WEB_IDENTITY_TOKEN_FILE --id-token --refresh -- env -u AWS_ACCESS_KEY_ID "$@"
