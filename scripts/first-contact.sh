#!/usr/bin/env bash
# Run the checklist of docs/first-contact.md on an account: what only real AWS can show.
#
#   scripts/first-contact.sh ENV            reads only; changes nothing
#   scripts/first-contact.sh ENV --release  also makes a release, goes back and forward again
#
# Each line is a hybridctl command. A failed one is reported at the end and does not stop the others.
set -u
environment=${1:?usage: scripts/first-contact.sh ENV [--release]}
mode=${2:-}
hybridctl=${HYBRIDCTL:-hybridctl}
failed=()

check() { # what it shows, then the command
  local what=$1
  shift
  printf '\n== %s\n$ %s %s\n' "$what" "$hybridctl" "$*"
  "$hybridctl" "$@" || failed+=("$what (exit $?): $hybridctl $*")
}

check "credentials, clock, permissions by simulation, quotas" doctor "$environment"
check "what the state bucket lacks" bootstrap "$environment" --dry-run
check "the provider reads everything that it planned, with these permissions" plan "$environment"
check "the alias, alarms and metrics are read" status "$environment"
check "logs arrive and are found" logs "$environment" --since 1h --limit 5
check "drift sees nothing that AWS itself changes" drift "$environment"

if [ "$mode" = --release ]; then
  check "a release: apply, proof, shift, verification" deploy "$environment" --reason "first contact"
  check "the second plan is empty" plan "$environment" --detailed-exitcode
  check "the public endpoint" smoke "$environment"
  check "a canary decides, with synthetic requests" deploy "$environment" --strategy canary:10@5m --probe 400 \
    --var log_level=INFO --reason "first contact: canary"
  check "the way back" rollback "$environment" --yes --reason "first contact: rollback"
  check "alarms are there and quiet" alarms "$environment"
fi

printf '\n'
if [ "${#failed[@]}" -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
echo "everything passed"
