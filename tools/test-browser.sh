#!/usr/bin/env bash
# Runs the Go tests of the engines inside real browsers, then the tests that drive the page.
#
#   tools/test-browser.sh BROWSER...      BROWSER: chromium, firefox or webkit
#
# Every run is made even where an earlier one failed; the failed ones are listed at the end, with status 1.
set -u -o pipefail

(($#)) || { echo "usage: tools/test-browser.sh BROWSER..." >&2 && exit 2; }
cd "$(dirname "$0")/.." || exit 1
failed=()

# go_tests BROWSER PACKAGE...: the packages' tests, compiled to js/wasm, in the browser.
go_tests() {
  local browser=$1
  shift
  echo "== Go tests in $browser: $*"
  GOOS=js GOARCH=wasm go test -p 1 -timeout 15m -exec "node $PWD/tools/browser/goexec.mjs --browser $browser" "$@" ||
    failed+=("Go tests in $browser")
}

# with_tests PATTERN...: the packages that have tests for js/wasm and need no GPU.
with_tests() {
  GOOS=js GOARCH=wasm go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "$@" | grep -v webgpu
}

# Not `readarray < <(...)`, which would lose the status of go list.
all=$(with_tests ./kernels/... ./weights/... ./wasm/...) || exit 1
# What computes is tried in every browser; readers and descriptions, which are the same Go everywhere, in the first.
computes=$(with_tests ./kernels/... ./wasm/noise ./wasm/diffusion ./wasm/engine/... ./wasm/sampler) || exit 1
packages=$all
for browser in "$@"; do
  # shellcheck disable=SC2086 # one word a package
  go_tests "$browser" $packages
  packages=$computes
  # WebKitGTK has no WebGPU.
  [[ $browser == webkit ]] || go_tests "$browser" ./wasm/internal/webgpu ./wasm/engine/webgpu
done

echo "== page tests"
BROWSERS="$*" node --test tools/browser/*.test.mjs || failed+=("page tests")

if ((${#failed[@]})); then
  printf 'failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
