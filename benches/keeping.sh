#!/bin/sh
# Measures how fast what is kept is verified and copied: `audit verify` and `backup`, in MB/s and entries/s.
#
#   benches/keeping.sh [ROUNDS]        (or: make keeping)
#
# A trial window takes DOCUMENTS signed statements and closes; then it is audited and copied, in turn. `audit verify`
# reads every octet of journal and evidence, proves every receipt's seal and place in the log, and reads each load
# back from BOEMİS; `backup` copies all and verifies the copy in the same way. MB: octets of the state folder / 10^6.
#
# Taken from the environment:
#   PENCERE     the program                           (target/release/pencere)
#   DOCUMENTS   how many statements                   (2000; they are distinct up to 280 × 60000)
#   SCRATCH     where window and copies are made      (a new folder in TMPDIR; removed at the end)
# Needs nothing but the program and python3's standard library. Prints each run, then medians.
set -eu

rounds=${1:-${ROUNDS:-3}}
pencere=${PENCERE:-target/release/pencere}
documents=${DOCUMENTS:-2000}

[ -x "$pencere" ] || { echo "keeping.sh: $pencere is missing; run: cargo build --release" >&2; exit 2; }
pencere=$(realpath "$pencere")
scratch=$(mktemp -d "${SCRATCH:-${TMPDIR:-/tmp}}/keeping.XXXXXX")
trap 'rm -rf "$scratch"' EXIT INT TERM

"$pencere" init "$scratch/w" >/dev/null
python3 - "$scratch/unsigned" "$documents" <<'PYTHON'
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
folder.mkdir()
for n in range(int(sys.argv[2])):
    period, mwh = f"{1955 + n // 4 % 70}-Q{n % 4 + 1}", f"{100 + n}.000"
    (folder / f"{n:06}.xml").write_text(
        f'<Submission xmlns="urn:boemis:submission:1" id="S-1" to="trial" dataset="generation" period="{period}" '
        f'revision="{1 + n // 280}" sender="9990000631"><Record><Station>SU-0001</Station><EnergyMWh>{mwh}</EnergyMWh>'
        f'</Record><Total><EnergyMWh>{mwh}</EnergyMWh></Total></Submission>')
PYTHON
config=$scratch/w/pencere.toml
key=$scratch/w/pki/azerenerji
mkdir "$scratch/signed"
find "$scratch/unsigned" -name '*.xml' | sort |
    xargs -n 500 "$pencere" sign --key "$key.key" --cert "$key.crt" --out-dir "$scratch/signed" >/dev/null
mv "$scratch"/signed/* "$scratch/w/drop/azerenerji/in/"
"$pencere" once --config "$config" >/dev/null
octets=$(du -sb "$scratch/w/state" | cut -f1)
echo "$documents documents, $octets octets in the window's state; load $(cut -d' ' -f1-3 /proc/loadavg)"

round=1
while [ "$round" -le "$rounds" ]; do
    for what in audit backup; do
        begin=$(date +%s%N)
        case $what in
            audit) answer=$("$pencere" audit verify --format json --config "$config") ;;
            backup) answer=$("$pencere" backup "$scratch/b$round" --format json --config "$config") ;;
        esac
        end=$(date +%s%N)
        printf '%s' "$answer" | python3 -c "
import json, sys
answer, octets, took = json.load(sys.stdin), $octets, ($end - $begin) / 1e9
assert answer['fits'], answer
print(f'$what {octets / 1e6 / took:.1f} MB/s {answer[\"entries\"] / took:.0f} entries/s {took:.2f} s')" |
            tee -a "$scratch/results"
    done
    rm -rf "$scratch/b$round"
    round=$((round + 1))
done
python3 - "$scratch/results" <<'PYTHON'
import statistics, sys
runs = [line.split() for line in open(sys.argv[1])]
for what in "audit", "backup":
    mb, entries = (statistics.median(float(run[at]) for run in runs if run[0] == what) for at in (1, 3))
    print(f"{what}, median   {mb:.1f} MB/s, {entries:.0f} entries/s")
PYTHON
