#!/bin/sh
# Measures `pencere verify` beside xmlsec1, in turn, on the same large signed documents, on one core.
#
#   benches/verify.sh BENCH [ROUNDS]        (or: BENCH=… make bench)
#
# BENCH is a folder with gen.py, which is no part of this repository. Taken from the environment:
#   PENCERE   the program                          (target/release/pencere)
#   PYTHON    a Python that has what gen.py needs: cryptography, lxml, xmlsec  (python3)
#   SCRATCH   where documents are made             (a new folder in TMPDIR; removed at the end)
#   SIZES     of the documents                     ("64M 256M")
# Installs nothing. Prints each run, then medians: seconds, peak memory, and the ratio of the times.
set -eu

bench=${1:-${BENCH:-}}
rounds=${2:-${ROUNDS:-3}}
pencere=${PENCERE:-target/release/pencere}
python=${PYTHON:-python3}
sizes=${SIZES:-64M 256M}

say() { echo "verify.sh: $*" >&2; }
[ -r "$bench/gen.py" ] || { say "name the folder that holds gen.py: BENCH=… make bench"; exit 2; }
[ -x "$pencere" ] || { say "$pencere is missing; run: cargo build --release"; exit 2; }
for tool in xmlsec1 taskset; do
    command -v "$tool" >/dev/null || { say "$tool is missing"; exit 2; }
done
[ -x /usr/bin/time ] || { say "/usr/bin/time is missing (Debian package time)"; exit 2; }

if [ -n "${SCRATCH:-}" ]; then
    mkdir -p "$SCRATCH"
    scratch=$(mktemp -d "$SCRATCH/verify.XXXXXX")
else
    scratch=$(mktemp -d)
fi
trap 'rm -rf "$scratch"' EXIT INT TERM
"$python" "$bench/gen.py" keys "$scratch/keys" >/dev/null

# Seconds and KiB of one run; a program that does not say yes is a failure of the measure.
timed() {
    taskset -c 1 /usr/bin/time -o "$scratch/time" -f '%e %M' "$@" >"$scratch/said" 2>&1 || {
        say "not verified by $1:"
        cat "$scratch/said" >&2
        exit 1
    }
    cat "$scratch/time"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

for size in $sizes; do
    for shape in canonical messy; do
        document=$scratch/$shape.xml
        set -- doc "$scratch/keys" "$document" --size "$size" --alg ecdsa
        [ "$shape" = canonical ] || set -- "$@" --shape messy
        "$python" "$bench/gen.py" "$@" >/dev/null
        : >"$scratch/ours"
        : >"$scratch/theirs"
        round=1
        while [ "$round" -le "$rounds" ]; do
            timed "$pencere" verify --trust "$scratch/keys/ca.pem" "$document" >>"$scratch/ours"
            timed xmlsec1 --verify --trusted-pem "$scratch/keys/ca.pem" "$document" >>"$scratch/theirs"
            echo "$size $shape round $round: pencere $(tail -n1 "$scratch/ours"), xmlsec1 $(tail -n1 "$scratch/theirs") (s, KiB)"
            round=$((round + 1))
        done
        ours=$(cut -d' ' -f1 "$scratch/ours" | median)
        theirs=$(cut -d' ' -f1 "$scratch/theirs" | median)
        peak=$(cut -d' ' -f2 "$scratch/ours" | sort -n | tail -n1)
        awk -v o="$ours" -v t="$theirs" -v p="$peak" -v s="$size" -v h="$shape" 'BEGIN {
            printf "%s %s: pencere %.2f s, xmlsec1 %.2f s: %.1f times its speed; peak %.1f MiB\n", s, h, o, t, t / o, p / 1024 }'
        rm -f "$document"
    done
done
