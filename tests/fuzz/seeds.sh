#!/usr/bin/env bash
# seeds.sh DIRECTORY: copies every NeuroScript source of the project there, as the seeds of a fuzzer.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$1"
find "$root/tests" "$root/examples" "$root/lang" -name '*.ns' -print0 |
  while IFS= read -r -d '' file; do
    name=${file#"$root"/}
    cp "$file" "$1/${name//\//__}"
  done
