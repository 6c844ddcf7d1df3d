#!/usr/bin/env bash
# Runs every check that a change must pass: types, lint, format, build, and all tests but the long ones (npm run test:full).
# The last line says how many tests passed, failed and were skipped; the exit code is 0 only when nothing failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh test

results=build/test-results.json
mkdir -p build
rm -f "$results"
status=0
npm run --silent check -- --reporter=default --reporter=json --outputFile.json="$results" </dev/null || status=$?

if [ ! -f "$results" ]; then
  echo "The checks before the tests failed (exit code $status); no test ran."
  exit "$((status == 0 ? 1 : status))"
fi
node - "$results" "$status" <<'JS'
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
const skipped = numPendingTests + numTodoTests;
// A file that cannot be loaded has no failed test of its own.
const failed = process.argv[3] === '0' ? numFailedTests : Math.max(1, numFailedTests);
console.log(`${numPassedTests} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
process.exitCode = failed > 0 || numPassedTests === 0 ? 1 : 0;
JS
