# make demo    shows the whole way on the sample documents
# make test    passes every test, and names all that fail; those that ask most of BOEMİS once on SQLite and once on PostgreSQL
# make lint    format, clippy and docs, as CI holds them
# make bench   measures the parts, then the whole beside others, where the measure is there (BENCH)
# make parts   measures the parts alone; docs/benchmarks.md
# make million makes a window with SUBMISSIONS (1000000) on the disk below SCRATCH and asks it; some 12 KB each
# make keeping measures how fast what is kept is audited and copied: MB/s and entries/s
# make loading measures long statements beside the databases' own bulk tools, and the memory that they take
# make mailing measures mail from a mailbox server to a mail server: time of one, mails a second, memory of a large one
# make torture alters signed documents TIMES (50) as often as the tests do, other ones each time; loses power at
#              every write of recorded runs, fails every step of the disk, kills the daemon KILLS (1000) times, and
#              delivers MAILS (500) at once while it and both mail servers die
# make sbom    lists what the program is built from (CycloneDX), in target/pencere.cdx.json
# make deb     builds the Debian package, target/debian/pencere_*.deb
# make deb-check installs, upgrades, removes and purges it in a Debian of its own (as root), after lintian
# make fuzz    runs every fuzz target for TIME seconds (3600), or those of TARGETS; docs/fuzzing.md
#
# The first two install by themselves the Debian packages that they need.

.POSIX:
.PHONY: demo test lint bench parts keeping loading mailing million torture sbom fuzz deb deb-check clean

CARGO = cargo
TIMES = 50
SUBMISSIONS = 1000000
SCRATCH = target
KILLS = 1000
MAILS = 500
TIME = 3600

demo:
	@.ci/packages demo
	$(CARGO) build --release --locked
	target/release/pencere demo

test:
	@.ci/packages test
	$(CARGO) test --release --locked --no-fail-fast
	PENCERE_TEST_BOEMIS=postgres $(CARGO) test --release --locked --test approval --test proposals --test contested \
		--test window --test queues -- --skip a_stop_at_any_step

# All in the release profile, as the tests: one set of compiled crates serves every step.
lint:
	@.ci/packages demo
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --release --locked --no-deps

bench: parts
	benches/window.sh "$(BENCH)"
	benches/groups.sh "$(BENCH)"
	benches/verify.sh "$(BENCH)"
	benches/small.sh "$(BENCH)"

# Built before it is held to one core.
parts:
	@.ci/packages test
	$(CARGO) bench --locked --bench parts --no-run
	taskset -c 1 $(CARGO) bench --locked --bench parts

million:
	@.ci/packages test
	PENCERE_MILLION=$(SUBMISSIONS) PENCERE_SCRATCH=$(SCRATCH) $(CARGO) test --release --locked --test million measure \
		-- --nocapture

keeping:
	@.ci/packages demo
	$(CARGO) build --release --locked
	benches/keeping.sh

loading:
	@.ci/packages test
	$(CARGO) build --release --locked
	benches/loading.sh

mailing:
	@.ci/packages test
	$(CARGO) build --release --locked
	benches/mail.sh

torture:
	@.ci/packages test
	PENCERE_TORTURE=$(TIMES) $(CARGO) test --release --locked --test altered
	PENCERE_TORTURE=$(TIMES) $(CARGO) test --release --locked --test torture -- --nocapture
	PENCERE_KILLS=$(KILLS) PENCERE_STEPS=1 $(CARGO) test --release --locked --test crash -- --nocapture
	PENCERE_MAILS=$(MAILS) $(CARGO) test --release --locked --test mail_answers a_flood -- --nocapture

sbom:
	@mkdir -p target
	.ci/sbom >target/pencere.cdx.json

fuzz:
	@.ci/packages fuzz
	fuzz/run.sh $(TIME) $(TARGETS)

# The version that is installed where no cargo-deb is on PATH.
CARGO_DEB = 3.8.0

deb:
	@.ci/packages deb
	command -v cargo-deb >/dev/null || $(CARGO) install cargo-deb --locked --version $(CARGO_DEB)
	$(CARGO) build --release --locked
	debian/stage
	$(CARGO) deb --no-build --strip --no-dbgsym -o target/debian/

deb-check: deb
	debian/check "$$(ls -t target/debian/pencere_*.deb | head -n 1)"

clean:
	$(CARGO) clean
