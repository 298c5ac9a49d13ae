#!/bin/sh
# check.sh PROGRAM SOURCE: compares what the program prints with the lines behind //> in its source.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sed -n 's,^ *//> \{0\,1\},,p' "$2" >"$dir/expected"
"$1" >"$dir/actual"
diff -u "$dir/expected" "$dir/actual"
