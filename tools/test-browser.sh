#!/usr/bin/env bash
# Runs the Go tests of the engines inside real browsers, then the tests that drive the page.
#
#   tools/test-browser.sh BROWSER...      BROWSER: chromium, firefox or webkit
#
# Three things are tested at a time, the longest first: a browser's Go tests, or a file of page tests. Most of either is waiting, on two
# processors too. Every one is run even where an earlier one failed, and its output shown when it ends; the failed ones are listed at the end,
# with status 1.
set -u -o pipefail

(($#)) || { echo "usage: tools/test-browser.sh BROWSER..." >&2 && exit 2; }
cd "$(dirname "$0")/.." || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# go_tests BROWSER PACKAGE...: the packages' tests, compiled to js/wasm, in the browser.
go_tests() {
  local browser=$1
  shift
  echo "== Go tests in $browser: $*"
  GOOS=js GOARCH=wasm go test -p 1 -timeout 25m -exec "node $PWD/tools/browser/goexec.mjs --browser $browser" "$@" ||
    echo "Go tests in $browser" >>"$scratch/failed"
}

# with_tests PATTERN...: the packages that have tests for js/wasm and need no GPU.
with_tests() {
  GOOS=js GOARCH=wasm go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "$@" | grep -v webgpu
}

# in_browser BROWSER PACKAGE...: go_tests, and those of the WebGPU engine where the browser has one.
in_browser() {
  go_tests "$@"
  # WebKitGTK has no WebGPU.
  [[ $1 == webkit ]] || go_tests "$1" ./wasm/internal/webgpu ./wasm/engine/webgpu
}

# beside COMMAND...: runs it beside two others; its output comes in one piece.
beside() {
  while (($(jobs -rp | wc -l) >= 3)); do wait -n; done
  {
    local log began=$SECONDS
    log=$(mktemp -p "$scratch") && "$@" >"$log" 2>&1
    echo "== $* took $((SECONDS - began)) s" | cut -c1-100 >>"$log"
    flock "$scratch" cat "$log"
  } &
}

# page_tests FILE BROWSER...
page_tests() {
  local file=$1
  shift
  echo "== $file"
  BROWSERS="$*" node --test "$file" || echo "$file" >>"$scratch/failed"
}

# Not `readarray < <(...)`, which would lose the status of go list.
all=$(with_tests ./kernels/... ./weights/... ./wasm/...) || exit 1
# What computes is tried in every browser; readers and descriptions, which are the same Go everywhere, in the first.
computes=$(with_tests ./kernels/... ./wasm/noise ./wasm/diffusion ./wasm/engine/... ./wasm/sampler) || exit 1
packages=$all
for browser in "$@"; do
  # shellcheck disable=SC2086 # one word a package
  beside in_browser "$browser" $packages
  packages=$computes
done
beside page_tests tools/browser/page.test.mjs "$@"
for file in tools/browser/*.test.mjs; do
  [[ $file == */page.test.mjs ]] || beside page_tests "$file" "$@"
done
wait

if [[ -s $scratch/failed ]]; then
  sed 's/^/failed: /' "$scratch/failed" >&2
  exit 1
fi
