#!/bin/sh
# Builds the fuzz targets for libFuzzer with the stable compiler and runs each of them for TIME seconds:
#
#     fuzz/run.sh TIME [TARGET...]
#
# Nothing but stable flags is used: the pass that counts edges is asked of LLVM directly. What is found
# lies in target/fuzz/found/TARGET and ends the run; the corpus grows in target/fuzz/corpus/TARGET.
set -eu
cd "$(dirname "$0")/.."

time=${1:?fuzz/run.sh TIME [TARGET...]}
shift
command -v c++ >/dev/null || { echo "fuzz: a C++ compiler is needed for libFuzzer (g++)" >&2; exit 1; }
host=$(rustc -vV | sed -n 's/^host: //p')
out=target/fuzz

# The very versions that the program is built with; what libFuzzer needs comes beside them.
cp Cargo.lock fuzz/Cargo.lock
# As cargo-fuzz does, less the sanitizers, which want a nightly compiler and find what `unsafe` breaks.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-trace-compares"
# With --target nothing that runs while building is counted.
RUSTFLAGS="--cfg fuzzing $coverage -Ccodegen-units=1" \
    cargo build --release --manifest-path fuzz/Cargo.toml --target "$host" --target-dir $out --bin fuzz
PENCERE_FUZZ_SEEDS="$PWD/$out/seeds" cargo test --release --locked --test fuzz -- seeds_of_every_target

[ $# -gt 0 ] || set -- xml canonical xmldsig cms container der certificate json letter
for target in "$@"; do
    mkdir -p "$out/corpus/$target" "$out/found/$target" "fuzz/regressions/$target"
    echo "==> $target: $time s"
    PENCERE_FUZZ_TARGET=$target "$out/$host/release/fuzz" -max_total_time="$time" -max_len=65536 -timeout=10 \
        -rss_limit_mb=1024 -artifact_prefix="$out/found/$target/" -print_final_stats=1 -verbosity=1 \
        "$out/corpus/$target" "$out/seeds/$target" "fuzz/regressions/$target" 2>"$out/$target.log" || {
        tail -n 40 "$out/$target.log" >&2
        echo "fuzz: $target found something: $out/found/$target" >&2
        exit 1
    }
    tail -n 6 "$out/$target.log"
done
