#!/usr/bin/env bash
# Compiles the digits-cnn fixture into build/digits_cnn.h and proves it: on this computer and on a Cortex-M4 in an emulator,
# every output of 300 MNIST images is compared with the reference, bit for bit. Prints accuracy, flash and RAM.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh demo

bnnc() {
  printf '\n$ bnnc %s\n' "$*"
  node dist/compiler/main.js "$@"
}

mkdir -p build
fixture=fixtures/digits-cnn
bnnc compile "$fixture/model.onnx" --name digits_cnn --input u8 --input-scale 1/255 -o build/digits_cnn.h
bnnc verify "$fixture/model.onnx" --name digits_cnn --input u8 --input-scale 1/255 \
  --data "$fixture/vectors-images.idx3-ubyte.gz" --labels "$fixture/vectors-labels.idx1-ubyte.gz" \
  --target host --target cortex-m4

printf '\nThe header is build/digits_cnn.h: #include it, keep one digits_cnn_workspace_t, call digits_cnn_predict.\n'
