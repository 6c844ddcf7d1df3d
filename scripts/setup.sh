#!/usr/bin/env bash
# Prepares a Debian or Ubuntu machine with Node.js for the demo or for the tests.
#
#   bash scripts/setup.sh demo      compilers and the emulator that scripts/demo.sh needs
#   bash scripts/setup.sh test      also clang with its sanitizers, g++, the AVR and RISC-V compilers and QEMU for RISC-V
#
# Says what is missing and installs only that. With BNNC_NO_INSTALL=1 nothing is installed: the line to run is printed
# and the script stops. Nothing outside apt packages, node_modules/ and dist/ is touched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }
stop() { say "setup: $*"; exit 1; }

# --- Node.js -----------------------------------------------------------------------------------------------------------
check_node() {
  command -v node >/dev/null || stop "Node.js 20.19 or newer is needed: https://nodejs.org/en/download"
  command -v npm >/dev/null || stop "npm is needed; it comes with Node.js"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    stop "Node.js 20.19 or newer is needed; this is $(node --version): https://nodejs.org/en/download"
}

# --- Compilers and emulators -------------------------------------------------------------------------------------------
# Each package has a probe that says whether what we need from it works, wherever it comes from.
preprocesses() { echo '#include <stdio.h>' | "$@" -E - >/dev/null 2>&1; }

sanitizes() {
  local folder result=1
  folder=$(mktemp -d)
  echo 'int main(void) { return 0; }' >"$folder/a.c"
  clang -fsanitize=address,undefined "$folder/a.c" -o "$folder/a" >/dev/null 2>&1 && result=0
  rm -rf "$folder"
  return "$result"
}

have() {
  case $1 in
    gcc | clang) command -v "$1" >/dev/null ;;
    g++) command -v g++ >/dev/null && echo '#include <cstdint>' | g++ -x c++ -E - >/dev/null 2>&1 ;;
    libc6-dev) command -v gcc >/dev/null && preprocesses gcc ;;
    gcc-arm-none-eabi) command -v arm-none-eabi-gcc >/dev/null ;;
    libnewlib-arm-none-eabi) command -v arm-none-eabi-gcc >/dev/null && preprocesses arm-none-eabi-gcc --specs=nano.specs ;;
    qemu-system-arm) command -v qemu-system-arm >/dev/null ;;
    gcc-riscv64-unknown-elf) command -v riscv64-unknown-elf-gcc >/dev/null ;;
    picolibc-riscv64-unknown-elf) command -v riscv64-unknown-elf-gcc >/dev/null && preprocesses riscv64-unknown-elf-gcc --specs=picolibc.specs ;;
    qemu-system-misc) command -v qemu-system-riscv32 >/dev/null ;;
    gcc-avr) command -v avr-gcc >/dev/null ;;
    avr-libc) command -v avr-gcc >/dev/null && preprocesses avr-gcc -mmcu=atmega328p ;;
    sanitizers) command -v clang >/dev/null && sanitizes ;;
  esac
}

# The sanitizers of clang N are in libclang-rt-N-dev, and in libclang-common-N-dev where that does not exist (Ubuntu 22.04).
sanitizer_package() {
  local version
  if command -v clang >/dev/null; then
    version=$(clang -dumpversion | cut -d. -f1)
  else
    version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
  fi
  if [ -z "$version" ]; then
    echo libclang-rt-dev
  elif apt-cache show "libclang-rt-$version-dev" >/dev/null 2>&1; then
    echo "libclang-rt-$version-dev"
  else
    echo "libclang-common-$version-dev"
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_missing() {
  local package missing=()
  for package in "$@"; do have "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || stop "these are missing, and this is not Debian or Ubuntu: ${missing[*]/sanitizers/the sanitizers of clang}"
  if [ "${BNNC_NO_INSTALL:-}" = 1 ]; then
    say "setup: some packages are missing. Install them with:"
    say "  sudo apt-get install --no-install-recommends ${missing[*]/sanitizers/$(sanitizer_package)}"
    exit 1
  fi
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    stop "some packages are missing. Run as root: apt-get install --no-install-recommends ${missing[*]/sanitizers/$(sanitizer_package)}"
  fi
  say "setup: missing, and installed now with apt-get: ${missing[*]/sanitizers/the sanitizers of clang}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]/sanitizers/$(sanitizer_package)}" </dev/null >&2
  for package in "${missing[@]}"; do have "$package" || stop "$package was installed, but does not work"; done
}

# --- The compiler itself -----------------------------------------------------------------------------------------------
install_node_modules() {
  if [ node_modules/.package-lock.json -nt package-lock.json ]; then return 0; fi
  say "setup: npm ci"
  npm ci --no-audit --no-fund >&2
  touch node_modules/.package-lock.json
}

build() {
  if [ -f dist/compiler/main.js ] && [ -z "$(find compiler tsconfig.json tsconfig.build.json -newer dist/compiler/main.js -print -quit)" ]; then
    return 0
  fi
  say "setup: npm run build"
  npm run --silent build >&2
}

demo_packages=(gcc libc6-dev gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm)
test_packages=("${demo_packages[@]}" clang sanitizers g++ gcc-avr avr-libc gcc-riscv64-unknown-elf
  picolibc-riscv64-unknown-elf qemu-system-misc)

case "${1:-demo}" in
  demo) packages=("${demo_packages[@]}") ;;
  test) packages=("${test_packages[@]}") ;;
  *) stop "usage: bash scripts/setup.sh demo|test" ;;
esac

check_node
install_missing "${packages[@]}"
install_node_modules
build
