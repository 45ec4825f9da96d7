# make demo    shows the whole way on the sample documents
# make test    passes every test
# make lint    format, clippy and docs, as CI holds them
# make bench   measures, where the measure is there
#
# The first two install by themselves the Debian packages that they need.

.POSIX:
.PHONY: demo test lint bench clean

CARGO = cargo

demo:
	@.ci/packages demo
	$(CARGO) build --release --locked
	target/release/pencere demo

test:
	@.ci/packages test
	$(CARGO) test --release --locked

# All in the release profile, as the tests: one set of compiled crates serves every step.
lint:
	@.ci/packages demo
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --release --locked --no-deps

bench:
	@.ci/packages test
	benches/window.sh "$(BENCH)"
	benches/verify.sh "$(BENCH)"

clean:
	$(CARGO) clean
