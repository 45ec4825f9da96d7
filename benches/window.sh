#!/bin/sh
# Measures the window beside a peer, in turn, on the same documents and the same disk.
#
#   benches/window.sh BENCH [ROUNDS]        (or: BENCH=… make bench)
#
# BENCH is a folder with drive_window.py, peer_window.py and gen.py, which are no part of this
# repository. Taken from the environment:
#   PENCERE   the program                          (target/release/pencere)
#   PYTHON    a Python that has what the peer needs: xmlsec, lxml, cryptography  (python3)
#   SCRATCH   where windows and documents are made  (a new folder in TMPDIR; removed at the end)
#   COUNT     documents in bulk                     (2000)
#   LATENCY   documents one by one                  (60)
# Installs nothing. Prints each run, then medians and ratios, and the machine's load.
set -eu

bench=${1:-${BENCH:-}}
rounds=${2:-${ROUNDS:-3}}
pencere=${PENCERE:-target/release/pencere}
python=${PYTHON:-python3}
count=${COUNT:-2000}
latency=${LATENCY:-60}

say() { echo "window.sh: $*" >&2; }
if [ -z "$bench" ]; then
    say "name the folder that holds drive_window.py, peer_window.py and gen.py: BENCH=… make bench"
    exit 2
fi
for file in drive_window.py peer_window.py gen.py; do
    [ -r "$bench/$file" ] || { say "$bench/$file is missing"; exit 2; }
done
[ -x "$pencere" ] || { say "$pencere is missing; run: cargo build --release"; exit 2; }
"$python" -c 'import xmlsec, lxml, cryptography, watchdog' 2>/dev/null || {
    say "$python lacks xmlsec, lxml, cryptography or watchdog; set PYTHON to one that has them"
    exit 2
}

if [ -n "${SCRATCH:-}" ]; then
    mkdir -p "$SCRATCH"
    scratch=$(mktemp -d "$SCRATCH/window.XXXXXX")
else
    scratch=$(mktemp -d)
fi
trap 'rm -rf "$scratch"' EXIT INT TERM

# One trial window makes the keys; every run gets a fresh window with the same ones.
"$pencere" init "$scratch/model" >/dev/null
keys=$scratch/keys
mkdir "$keys"
cp "$scratch/model/pki/ca.crt" "$keys/ca.pem"
cp "$scratch/model/pki/azerenerji.key" "$keys/ecdsa.key"
cp "$scratch/model/pki/azerenerji.crt" "$keys/ecdsa.pem"
voen=$(sed -n '/^\[participants\.azerenerji\]/,/^voen/s/^voen *= *"\(.*\)".*/\1/p' "$scratch/model/registry.toml")
[ -n "$voen" ] || { say "the VÖEN of azerenerji does not stand in registry.toml"; exit 2; }
"$python" "$bench/gen.py" batch "$keys" "$scratch/docs" --count "$count" --sender "$voen" >/dev/null

# Old roots are only moved aside: removing thousands of files slows down what comes right after.
run_pencere() {
    root=$scratch/pencere.$1.$2
    cp -a "$scratch/model" "$root"
    "$python" "$bench/drive_window.py" "$1" --in drop/azerenerji/in --out drop/azerenerji/receipts \
        "$root" "$scratch/docs" --count "$3" -- "$pencere" run --config "$root/pencere.toml" 2>"$root.log"
}
run_peer() {
    root=$scratch/peer.$1.$2
    mkdir "$root"
    "$python" "$bench/drive_window.py" "$1" "$root" "$scratch/docs" --count "$3" -- \
        "$python" "$bench/peer_window.py" "$root" "$root/db.sqlite" "$keys" --watch inotify 2>"$root.log"
}

# What the same durability costs by itself: evidence, journal, BOEMİS and the seal's act, one synced after the
# other, and nothing else done. Where no compiler is, the line is left out.
cc -O2 -o "$scratch/floor" "$(dirname "$0")/floor.c" 2>/dev/null || say "no C compiler: no floor is measured"
run_floor() {
    [ "$1" = latency ] && [ -x "$scratch/floor" ] || return 0
    root=$scratch/floor.$1.$2
    mkdir "$root"
    "$python" "$bench/drive_window.py" latency --in drop/azerenerji/in --out drop/azerenerji/receipts \
        "$root" "$scratch/docs" --count "$3" -- "$scratch/floor" "$root" 4 2>"$root.log"
}

results=$scratch/results
: >"$results"
round=1
while [ "$round" -le "$rounds" ]; do
    for mode in bulk latency; do
        [ "$mode" = bulk ] && n=$count || n=$latency
        for who in pencere peer floor; do
            out=$("run_$who" "$mode" "$round" "$n") || { say "$who failed; see $scratch/$who.$mode.$round.log"; cat "$scratch/$who.$mode.$round.log" >&2; exit 1; }
            [ -n "$out" ] || continue
            load=$(cut -d' ' -f1 /proc/loadavg)
            case $mode in
                bulk) value=$(echo "$out" | sed -n 's/^bulk: .* = \([0-9.]*\) docs\/s$/\1/p') ;;
                latency) value=$(echo "$out" | sed -n 's/^latency ms: .* p50 \([0-9.]*\) .*/\1/p') ;;
            esac
            idle=$(echo "$out" | sed -n 's/^RSS idle after start \([0-9.]*\) MiB.*/\1/p')
            p99=$(echo "$out" | sed -n 's/^latency ms: .* p99 \([0-9.]*\) .*/\1/p')
            echo "$who $mode $value" >>"$results"
            echo "$who idle $idle" >>"$results"
            [ -z "$p99" ] || echo "$who p99 $p99" >>"$results"
            echo "round $round  $mode  $who  $value${p99:+ (p99 $p99)}  idle $idle MiB  load $load"
        done
    done
    round=$((round + 1))
done

awk '
    { n[$1 " " $2]++; value[$1 " " $2, n[$1 " " $2]] = $3 }
    function median(key,    i, j, t, c, v) {
        c = n[key]
        for (i = 1; i <= c; i++) v[i] = value[key, i]
        for (i = 1; i <= c; i++) for (j = i + 1; j <= c; j++) if (v[j] + 0 < v[i] + 0) { t = v[i]; v[i] = v[j]; v[j] = t }
        return c % 2 ? v[(c + 1) / 2] : (v[c / 2] + v[c / 2 + 1]) / 2
    }
    END {
        b = median("pencere bulk"); pb = median("peer bulk")
        l = median("pencere latency"); pl = median("peer latency")
        printf "\nmedians              pencere      peer\n"
        printf "bulk, docs/s       %9.1f %9.1f   %.2f times the rate\n", b, pb, b / pb
        printf "latency p50, ms    %9.2f %9.2f   %.2f of the time\n", l, pl, l / pl
        if (n["floor latency"]) {
            f = median("floor latency")
            printf "  its four syncs, ms %8.2f           %.2f of the peer'"'"'s time is the least there can be\n", f, f / pl
        }
        printf "latency p99, ms    %9.2f %9.2f   %.2f of the time\n", median("pencere p99"), median("peer p99"), median("pencere p99") / median("peer p99")
        printf "idle, MiB          %9.1f %9.1f\n", median("pencere idle"), median("peer idle")
    }' "$results"
