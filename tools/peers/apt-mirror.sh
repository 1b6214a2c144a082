#!/bin/bash
# Prints the URL of the Debian mirror that this machine's apt uses.
set -euo pipefail
shopt -s nullglob
lists=(/etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list)
for file in "${lists[@]}"; do
  [ -e "$file" ] || continue
  url=$(sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+).*/\2/p' "$file" | grep -m1 -E '/debian/?$' || true)
  [ -z "$url" ] || { echo "$url"; exit; }
done
echo "apt on this machine has no Debian mirror" >&2
exit 1
