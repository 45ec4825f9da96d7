#!/bin/sh
# Measures the verification of small documents in process, beside python-xmlsec, in turn, on one core.
#
#   benches/small.sh BENCH [ROUNDS]        (or: BENCH=… make bench)
#
# BENCH is a folder with gen.py and verify.py, which are no part of this repository. Taken from the environment:
#   PYTHON    a Python that has xmlsec, lxml and cryptography  (python3)
#   SCRATCH   where documents are made                         (a new folder in TMPDIR; removed at the end)
# Installs nothing. Prints each run, then the ratios of the medians.
set -eu

bench=${1:-${BENCH:-}}
rounds=${2:-${ROUNDS:-3}}
python=${PYTHON:-python3}

say() { echo "small.sh: $*" >&2; }
for file in gen.py verify.py; do
    [ -r "$bench/$file" ] || { say "name the folder that holds gen.py and verify.py: BENCH=… make bench"; exit 2; }
done
scratch=$(mktemp -d "${SCRATCH:-${TMPDIR:-/tmp}}/small.XXXXXX")
trap 'rm -rf "$scratch"' EXIT INT TERM
program=$(cargo build --release --locked --bench small --message-format json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*small-[^"]*\)".*/\1/p' | tail -n 1)
[ -x "$program" ] || { say "the measure was not built: cargo build --release --bench small"; exit 1; }
"$python" "$bench/gen.py" keys "$scratch/keys" >/dev/null
"$python" "$bench/gen.py" batch "$scratch/keys" "$scratch/docs" --count 1 >/dev/null
document=$(ls "$scratch"/docs/* | head -n 1)
echo "a document of $(wc -c <"$document") octets"

round=1
while [ "$round" -le "$rounds" ]; do
    taskset -c 1 "$program" "$scratch/keys/ca.pem" "$document" 3 | tee -a "$scratch/results"
    taskset -c 1 "$python" "$bench/verify.py" xmlsec "$scratch/keys/ca.pem" "$document" --loop 3 |
        sed 's/^xmlsec \([0-9.]*\) docs.*/python-xmlsec \1 docs\/s/' | tee -a "$scratch/results"
    round=$((round + 1))
done
awk '
    { value = $(NF - 1); key = $1 " " $2 " " $3; sub(/ [0-9.]+.*/, "", key); n[key]++; v[key, n[key]] = value + 0 }
    function median(key,    i, j, t, c) {
        c = n[key]
        for (i = 1; i <= c; i++) for (j = i + 1; j <= c; j++) if (v[key, j] < v[key, i]) { t = v[key, i]; v[key, i] = v[key, j]; v[key, j] = t }
        return c % 2 ? v[key, (c + 1) / 2] : (v[key, c / 2] + v[key, c / 2 + 1]) / 2
    }
    END {
        peer = median("python-xmlsec")
        printf "path each time   %.0f docs/s, %.2f times python-xmlsec\n", median("path each time"), median("path each time") / peer
        printf "path remembered  %.0f docs/s, %.2f times\n", median("path remembered"), median("path remembered") / peer
    }' "$scratch/results"
