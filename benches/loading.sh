#!/bin/sh
# Measures long statements from the signed file to committed rows, beside the databases' own bulk tools, in turn, and
# the memory that documents of growing size take.
#
#   benches/loading.sh [ROUNDS]        (or: make loading)
#
# Rows: a window takes one signed CSV of ROWS figures of a foreign dataset, then one of PARCELS polygons of `cadastre`;
# beside it `sqlite3 .import` (or `psql \copy`) reads the same rows, which nobody verifies, twice: as text into a table
# without a rule and without an index (*bare*), and as they were committed into a table made as BOEMIS's own, with its
# key, its index and its columns (*same*). The clock of pencere runs from the start of `pencere once` to its end: the copy into evidence,
# the signature, form and rules, the digest, the rows, the sealed receipt, and all that is synced on the way.
# Memory: the peak (resident) of `pencere once` for a signed `cadastre` XML of each of SIZES.
#
# Taken from the environment:
#   PENCERE     the program                           (target/release/pencere)
#   ROWS        figures                               (1000000)
#   PARCELS     polygons                              (200000)
#   SIZES       octets of the XML documents           (10000000 100000000 1000000000)
#   ENGINES     sqlite, postgres                      (both, where a server's initdb is found)
#   SCRATCH     where windows and documents are made  (a new folder in TMPDIR; removed at the end); some 8 GB
# Needs python3's standard library, sqlite3, and GNU time. Prints each run, then medians and ratios.
set -eu

rounds=${1:-${ROUNDS:-3}}
pencere=${PENCERE:-target/release/pencere}
rows=${ROWS:-1000000}
parcels=${PARCELS:-200000}
sizes=${SIZES:-10000000 100000000 1000000000}
here=$(dirname "$(realpath "$0")")
initdb=$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)
engines=${ENGINES:-sqlite${initdb:+ postgres}}

[ -x "$pencere" ] || { echo "loading.sh: $pencere is missing; run: cargo build --release" >&2; exit 2; }
[ -x /usr/bin/time ] || { echo "loading.sh: GNU time is missing" >&2; exit 2; }
pencere=$(realpath "$pencere")
scratch=$(mktemp -d "${SCRATCH:-${TMPDIR:-/tmp}}/loading.XXXXXX")
server=
end() {
    [ -z "$server" ] || kill -INT "$server" 2>/dev/null || true
    cd / && rm -rf "$scratch"
}
trap end EXIT INT TERM

# A server of its own, which syncs as a server does.
start_server() {
    bin=$(dirname "$initdb")
    mkdir "$scratch/server"
    chmod 711 "$scratch"
    user=
    if [ "$(id -u)" = 0 ]; then
        user="setpriv --reuid=nobody --regid=nogroup --clear-groups"
        chown nobody "$scratch/server"
    fi
    (cd "$scratch/server" && $user "$initdb" --auth=trust -E UTF8 --locale=C.UTF-8 -U owner -D data >/dev/null)
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (cd "$scratch/server" && exec $user "$bin/postgres" -D data -k . -p "$port" -c listen_addresses=127.0.0.1) \
        >"$scratch/server.log" 2>&1 &
    server=$!
    url="postgres://owner@127.0.0.1:$port"
    while ! psql "$url/postgres" -qc 'SELECT 1' >/dev/null 2>&1; do sleep 0.1; done
}

# A window with the foreign dataset, on one engine, in $scratch/w.
window() {
    rm -rf "$scratch/w"
    "$pencere" init "$scratch/w" >/dev/null
    python3 "$here/loading.py" dataset "$scratch/w/datasets"
    sed -i 's/"cadastre", "grid", "capacity"/"readings", &/' "$scratch/w/registry.toml"
    sed -i -e 's/^size_max = "64MiB"/size_max = "4GiB"/' -e 's/^settle = .*/settle = "1ms"/' "$scratch/w/pencere.toml"
    if [ "$1" = postgres ]; then
        psql "$url/postgres" -qc 'DROP DATABASE IF EXISTS boemis' -c 'CREATE DATABASE boemis' 2>/dev/null
        sed -i "s|^url = .*|url = \"$url/boemis\"|" "$scratch/w/pencere.toml"
    fi
}

# Signs FILE as PARTICIPANT and drops it; the folder of signed files is kept for the next round.
drop() {
    cp "$scratch/signed/$1"/* "$scratch/w/drop/$2/in/"
}

sign() {
    mkdir -p "$scratch/signed/$1"
    "$pencere" sign "$scratch/$1" --key "$scratch/w/pki/$2.key" --cert "$scratch/w/pki/$2.crt" \
        --out-dir "$scratch/signed/$1" >/dev/null
    case $1 in *.csv) ln -f "$scratch/$1" "$scratch/signed/$1/" ;; esac
}

# What `once` takes: seconds and KiB.
once() {
    /usr/bin/time -o "$scratch/took" -f '%e %M' "$pencere" once --config "$scratch/w/pencere.toml" >"$scratch/said"
    grep -Eq '1 (accepted|pending)' "$scratch/said" || { cat "$scratch/said" >&2; exit 1; }
    cat "$scratch/took"
}

# What the engine's own tool takes for the rows that are committed, into a table made as theirs: seconds.
same() {
    case $1 in
    sqlite)
        made=$scratch/same.sqlite
        rm -f "$made" "$scratch/committed"
        db=$scratch/w/state/boemis.sqlite
        # the tool takes an empty cell for a text, which no column of numbers takes: what is absent is a nought there
        sqlite3 "$db" '.mode csv' '.nullvalue 0' ".output $scratch/committed" "SELECT * FROM $2_record"
        sqlite3 "$db" "SELECT sql || ';' FROM sqlite_master WHERE tbl_name = '$2_record' AND type IN ('table', 'index')
            AND sql IS NOT NULL ORDER BY type DESC" | cat - >"$scratch/same.sql"
        sqlite3 "$made" "PRAGMA page_size = $(sqlite3 "$db" 'PRAGMA page_size')" ".read $scratch/same.sql"
        /usr/bin/time -o "$scratch/took" -f %e sqlite3 "$made" '.mode csv' ".import $scratch/committed $2_record"
        count=$(sqlite3 "$made" "SELECT count(*) FROM $2_record")
        ;;
    postgres)
        psql "$url/boemis" -qc 'DROP TABLE IF EXISTS same' -c "CREATE TABLE same (LIKE $2_record INCLUDING ALL)" \
            -c "\\copy (SELECT * FROM $2_record) TO '$scratch/committed'" 2>/dev/null
        /usr/bin/time -o "$scratch/took" -f %e psql "$url/boemis" -qc "\\copy same FROM '$scratch/committed'"
        count=$(psql "$url/boemis" -Atqc 'SELECT count(*) FROM same')
        ;;
    esac
    [ "$count" = "$3" ] || { echo "loading.sh: $count of $3 rows are in the table made as BOEMIS's" >&2; exit 1; }
    cat "$scratch/took"
}

# What it takes for the same rows as text, into a table without a rule: seconds.
bulk() {
    columns=$(python3 -c "print(', '.join(f'c{at} text' for at in range($3)))")
    case $1 in
    sqlite)
        rm -f "$scratch/plain.sqlite"
        sqlite3 "$scratch/plain.sqlite" "CREATE TABLE plain ($columns)"
        /usr/bin/time -o "$scratch/took" -f %e sqlite3 "$scratch/plain.sqlite" '.mode csv' ".import $2 plain"
        ;;
    postgres)
        psql "$url/boemis" -qc 'DROP TABLE IF EXISTS plain' -c "CREATE TABLE plain ($columns)" 2>/dev/null
        /usr/bin/time -o "$scratch/took" -f %e psql "$url/boemis" -qc "\\copy plain FROM '$2' CSV"
        ;;
    esac
    cat "$scratch/took"
}

echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"
case $engines in *postgres*) start_server ;; esac
window sqlite
pki=$scratch/w/pki
python3 "$here/loading.py" readings "$scratch/readings.csv" "$rows"
python3 "$here/loading.py" parcels "$scratch/parcels.csv" "$parcels"
sign readings.csv energetika
sign parcels.csv ekologiya
cp -r "$pki" "$scratch/pki"
for what in readings parcels; do
    python3 "$here/loading.py" rows "$scratch/$what.csv" "$scratch/$what.rows"
done

# Each window has the keys that the documents were signed with.
keys() {
    rm -rf "$scratch/w/pki" && cp -r "$scratch/pki" "$scratch/w/pki"
}

measure() { # engine, what, participant, how many, columns, dataset
    round=1
    while [ "$round" -le "$rounds" ]; do
        window "$1"
        keys
        drop "$2.csv" "$3"
        ours=$(once)
        same=$(same "$1" "$6" "$4")
        bare=$(bulk "$1" "$scratch/$2.rows" "$5")
        echo "$1 $2 $4 ${ours% *} $bare $same ${ours#* }" >>"$scratch/results"
        echo "$1 $2: pencere ${ours% *} s, ${ours#* } KiB; the tool: bare $bare s, same $same s"
        round=$((round + 1))
    done
}
for engine in $engines; do
    measure "$engine" readings energetika "$rows" 3 readings
    measure "$engine" parcels ekologiya "$parcels" 8 cadastre
done
rm -rf "$scratch"/*.csv "$scratch"/*.rows "$scratch/signed" "$scratch/plain.sqlite"

for size in $sizes; do
    window sqlite
    keys
    count=$(python3 "$here/loading.py" cadastre "$scratch/c.xml" "$size")
    "$pencere" sign "$scratch/c.xml" --key "$scratch/pki/ekologiya.key" --cert "$scratch/pki/ekologiya.crt" \
        --out-dir "$scratch/w/drop/ekologiya/in" >/dev/null
    rm "$scratch/c.xml"
    took=$(once)
    echo "memory $size $count ${took% *} ${took#* }" >>"$scratch/results"
done

python3 - "$scratch/results" <<'PYTHON'
import statistics, sys
runs = [line.split() for line in open(sys.argv[1])]
for engine, what in dict.fromkeys(tuple(run[:2]) for run in runs if run[0] != "memory"):
    mine = [run for run in runs if run[:2] == [engine, what]]
    count, ours = int(mine[0][2]), statistics.median(float(run[3]) for run in mine)
    peak = max(int(run[6]) for run in mine) / 1024
    print(f"{engine} {what}: {count / ours:,.0f} rows/s ({ours:.2f} s, {peak:.1f} MiB)")
    for name, at in ("bare", 4), ("same", 5):
        theirs = statistics.median(float(run[at]) for run in mine)
        print(f"    the tool, {name}: {count / theirs:,.0f} rows/s ({theirs:.2f} s), ratio {theirs / ours:.2f}")
for _, size, count, took, peak in (run for run in runs if run[0] == "memory"):
    print(f"cadastre of {int(size) / 1e6:,.0f} MB, {int(count):,} records: {float(took):.1f} s, "
          f"peak {int(peak) / 1024:.1f} MiB")
PYTHON
