#!/usr/bin/env bash
# Fuzzes the readers of files that come from anywhere, two targets at a time, on one core each.
#
#   tools/fuzz.sh TIME      of each target, as go test -fuzztime takes it: 60s, 2h, 100000x
#
# An interesting input is made smaller for a bounded number of runs: for a minute, as go test would have it, nothing new would be tried.
# New inputs are kept in Go's build cache; one that fails is written to the package's testdata/fuzz and stays in the tree.
set -eu -o pipefail

(($# == 1)) || { echo "usage: tools/fuzz.sh TIME" >&2 && exit 2; }
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# What is read, and by which test.
targets=(
  ./weights:FuzzOpen                    # .safetensors
  ./weights:FuzzPack                    # packs: header, hashes
  ./wasm/model:FuzzOpen                 # packs: descriptions
  ./wasm/checkpoint/pickle:FuzzOpen     # zip archives and streams of torch.save
  ./wasm/checkpoint/pickle:FuzzPickle   # the pickle inside
  ./wasm/checkpoint:FuzzConfig          # config.json, flags.json, config.yml
  ./wasm/saved:FuzzRead                 # states of chains
  ./wasm/codec:FuzzDecode               # coded pictures
  ./weights/jsontree:FuzzJSON           # the JSON in all of them
)

# fuzz TARGET: runs one; its last words are shown, all of them where it fails.
fuzz() {
  local package=${1%:*} name=${1#*:} log=$logs/${1//[\/:]/-}
  if go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 200x -parallel 1 >"$log" 2>&1; then
    echo "$1: $(grep -o 'execs: [0-9]*' "$log" | tail -1), $(grep -o 'new interesting: .*' "$log" | tail -1), no failure"
  else
    echo "$1: FAILED" && cat "$log" && return 1
  fi
}

time=$1
failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  pids=()
  for target in "${targets[@]:i:2}"; do
    fuzz "$target" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
done
exit $failed
