#!/usr/bin/env bash
# From a bare Debian 12 to a trained network: installs what is missing, builds, and shows that it works.
#
#   tools/setup.sh demo      train XOR and print its four answers
#   tools/setup.sh test      build everything and run all tests
#   tools/setup.sh build     build nsrun only
#   tools/setup.sh packages  install the Debian packages only
#
# Packages are installed with apt-get, through sudo when this is not run as root. Nothing else is downloaded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  build-essential      # g++ 12 and the linker
  cmake ninja-build    # the build
  libtbb-dev           # the worker pool
  libxsimd-dev         # SIMD kernels
  libyaml-cpp-dev      # training configs
  libsimdjson-dev      # JSONL data
  nlohmann-json3-dev   # JSON output
  libcli11-dev         # the command line
  libxxhash-dev        # checksums of checkpoints
  libeigen3-dev        # QR for orthogonal initial weights; what the product benchmark compares with
  libbenchmark-dev     # benchmarks
  libgtest-dev libgmock-dev  # tests
  python3              # examples/mnist/idx_to_jsonl.py
)

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' tools/setup.sh; }

# stage TITLE COMMAND...: runs the command and says how long it took.
stage() {
  local title=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$title"
  "$@"
  printf '== %s: %d s\n' "$title" $((SECONDS - start))
}

install_packages() {
  local missing=() name
  for name in "${packages[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
  done
  if ((${#missing[@]} == 0)); then
    echo "all ${#packages[@]} packages are installed"
    return
  fi
  echo "missing: ${missing[*]}"
  local as_root=(env DEBIAN_FRONTEND=noninteractive)
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "error: run this as root, or install sudo" >&2; return 1; }
    as_root=(sudo "${as_root[@]}")
  fi
  # Package lists may be absent (a fresh container) or name files that are gone: update and try once more.
  local install=("${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}")
  if "${install[@]}" </dev/null; then return; fi
  "${as_root[@]}" apt-get update </dev/null
  "${install[@]}" </dev/null
}

configure() { cmake --preset release; }
build_nsrun() { configure && cmake --build --preset release --target nsrun; }
build_all() { configure && cmake --build --preset release; }
run_tests() { ctest --preset release -j "$(nproc)"; }

demo() {
  local nsrun=build/release/bin/nsrun
  "$nsrun" train --fresh examples/xor_config.yml
  echo
  echo "answers of examples/01-xor.ns to the rows of examples/input.json:"
  "$nsrun" infer examples/01-xor.ns examples/input.json
}

case "${1:-help}" in
  packages) stage "packages" install_packages ;;
  build | demo | test)
    stage "packages" install_packages
    case $1 in
      build) stage "build" build_nsrun ;;
      demo)
        stage "build" build_nsrun
        stage "demo" demo
        ;;
      test)
        stage "build" build_all
        stage "tests" run_tests
        ;;
    esac
    ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    echo "error: unknown command '$1'" >&2
    exit 2
    ;;
esac
