#!/usr/bin/env bash
# Installs what the tests need and is missing, from Debian's packages, and checks the rest.
#
#   tools/deps.sh [tools] [browsers] [python]      without arguments: all three
#
# Packages are installed as root, or by sudo where that asks no question. Where neither is possible, or the system has
# no apt-get, it prints what to install and exits with status 1. Quick when everything is there.
set -eu -o pipefail

missing=()  # Debian packages to install
problems=() # what Debian's packages cannot mend

# need PACKAGE TEST...: notes the package where the test fails.
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

have() { command -v "$1"; }
have_file() { compgen -G "$1"; }
have_venv() { python3 -c 'import ensurepip, venv'; }

# at_least NAME WANT HAVE WHY: HAVE is a version, perhaps empty, whose first two numbers are compared.
at_least() {
  local name=$1 want=$2 have=$3 why=$4
  if [[ -z $have ]]; then
    problems+=("$name is not installed; $why")
  elif [[ $(printf '%s\n%s\n' "$want" "$have" | sort -V | head -n 1) != "$want" ]]; then
    problems+=("$name $have is too old, $want or newer is needed; $why")
  fi
}

check_tools() {
  # The toolchain that go.mod names is fetched by any Go from 1.21 on.
  at_least Go 1.21 "$(GOTOOLCHAIN=local GOEXPERIMENT='' GOFLAGS=-mod=mod go env GOVERSION 2>/dev/null | sed 's/^go//; s/ .*//')" "install it from the Go project's site"
  at_least Node.js 20 "$(node --version 2>/dev/null | sed 's/^v//')" "install a maintained release"
  at_least npm 9 "$(npm --version 2>/dev/null)" "it comes with Node.js"
}

check_browsers() {
  need chromium have chromium
  need firefox-esr have firefox-esr
  need webkit2gtk-driver have WebKitWebDriver
  need xvfb have Xvfb
  # lavapipe, the Vulkan driver without a GPU: Firefox runs WebGPU on it.
  need mesa-vulkan-drivers have_file '/usr/share/vulkan/icd.d/lvp_icd*.json'
}

check_python() {
  need python3 have python3
  need python3-venv have_venv
}

# install PACKAGE... as root; status 1 where that is not possible.
install() {
  local as_root=()
  have apt-get >/dev/null || return 1
  if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  echo "installing Debian packages: $*"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

for part in "${@:-all}"; do
  case $part in
    all) check_tools && check_browsers && check_python ;;
    tools | browsers | python) "check_$part" ;;
    *) echo "usage: tools/deps.sh [tools] [browsers] [python]" >&2 && exit 2 ;;
  esac
done

if ((${#missing[@]})) && ! install "${missing[@]}"; then
  problems+=("these Debian packages are missing; as root: apt-get install ${missing[*]}")
fi
if ((${#problems[@]})); then
  printf 'make deps: %s\n' "${problems[@]}" >&2
  exit 1
fi
