#!/bin/sh
# Measures what groups are worth, and what a hostile neighbour costs.
#
#   benches/groups.sh BENCH [ROUNDS]        (or: BENCH=… make bench)
#
# Documents a second with 1, 8 and 64 waiting at once on an idle window, beside a window that gives each
# document its own sync and transaction (group_documents = 1), in turn; the delay of a lone document in both;
# then the time of one body's good document while another floods its folder (benches/neighbour.py).
#
# BENCH is a folder with drive_window.py and gen.py, which are no part of this repository. Taken from the
# environment:
#   PENCERE   the program                           (target/release/pencere)
#   PYTHON    a Python that has what gen.py needs: lxml, xmlsec, cryptography  (python3)
#   SCRATCH   where windows and documents are made  (a new folder in TMPDIR; removed at the end)
#   FLOOD     files of the flood                    (20000)
# Installs nothing. Prints each run, then medians and ratios.
set -eu

bench=${1:-${BENCH:-}}
rounds=${2:-${ROUNDS:-5}}
pencere=${PENCERE:-target/release/pencere}
python=${PYTHON:-python3}
flood=${FLOOD:-20000}

say() { echo "groups.sh: $*" >&2; }
for file in drive_window.py gen.py; do
    [ -r "$bench/$file" ] || { say "name the folder that holds drive_window.py and gen.py: BENCH=… make bench"; exit 2; }
done
[ -x "$pencere" ] || { say "$pencere is missing; run: cargo build --release"; exit 2; }
scratch=$(mktemp -d "${SCRATCH:-${TMPDIR:-/tmp}}/groups.XXXXXX")
trap 'rm -rf "$scratch"' EXIT INT TERM

"$pencere" init "$scratch/grouped" >/dev/null
cp -a "$scratch/grouped" "$scratch/single"
sed -i 's/^group_documents = .*/group_documents = 1/' "$scratch/single/pencere.toml"
keys=$scratch/keys
mkdir "$keys"
cp "$scratch/grouped/pki/ca.crt" "$keys/ca.pem"
cp "$scratch/grouped/pki/azerenerji.key" "$keys/ecdsa.key"
cp "$scratch/grouped/pki/azerenerji.crt" "$keys/ecdsa.pem"
voen=$(sed -n '/^\[participants\.azerenerji\]/,/^voen/s/^voen *= *"\(.*\)".*/\1/p' "$scratch/grouped/registry.toml")
"$python" "$bench/gen.py" batch "$keys" "$scratch/docs" --count 400 --sender "$voen" >/dev/null

# MODE COUNT WINDOW: one run in a fresh copy.
run() {
    root=$scratch/$3.$1.$2.$round
    cp -a "$scratch/$3" "$root"
    "$python" "$bench/drive_window.py" "$1" --in drop/azerenerji/in --out drop/azerenerji/receipts \
        "$root" "$scratch/docs" --count "$2" -- "$pencere" run --config "$root/pencere.toml" 2>"$root.log"
}

results=$scratch/results
: >"$results"
round=1
while [ "$round" -le "$rounds" ]; do
    for waiting in 1 8 64; do
        for window in grouped single; do
            rate=$(run stream "$waiting" "$window" | sed -n 's/^stream: .* = \([0-9.]*\) docs\/s$/\1/p')
            echo "$window $waiting $rate" >>"$results"
            echo "round $round  $waiting waiting  $window  $rate docs/s"
        done
    done
    for window in grouped single; do
        delay=$(run latency 60 "$window" | sed -n 's/^latency ms: .* p50 \([0-9.]*\) .*/\1/p')
        echo "$window lone $delay" >>"$results"
        echo "round $round  a lone document  $window  $delay ms"
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
        printf "\nmedians                 grouped   one sync each\n"
        split("1 8 64", all, " ")
        for (i = 1; i <= 3; i++) {
            g = median("grouped " all[i]); s = median("single " all[i])
            printf "%2d waiting, docs/s    %9.1f %9.1f   %.2f times the rate\n", all[i], g, s, g / s
        }
        g = median("grouped lone"); s = median("single lone")
        printf "a lone document, ms   %9.2f %9.2f   %+.2f ms for being able to group\n", g, s, g - s
    }' "$results"

echo
for kind in signed bare; do
    "$python" "$(dirname "$0")/neighbour.py" "$pencere" "$scratch/grouped" "$scratch/docs" "$scratch/flood" "$kind" "$flood"
done
