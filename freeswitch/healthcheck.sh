#!/bin/sh
# Healthy: the event socket takes the password and both SIP profiles run.
set -eu
status=$(fs_cli -H 127.0.0.1 -P "${SEDA_ESL_PORT:-8021}" -p "${SEDA_ESL_PASSWORD:?}" -t 3000 -x 'sofia status')
for profile in phones trunks; do
    echo "$status" | grep -Eq "^ *$profile[[:space:]]+profile[[:space:]].*RUNNING" || { echo "$profile is not running"; exit 1; }
done
