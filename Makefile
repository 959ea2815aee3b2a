# What a developer, CI and a person who wants to look run. `make run` first.

DATA ?= data
TOOL := go tool -modfile=tools/go.mod
# The race detector makes a test up to ten times as slow (hashing passwords, most of
# all), so it watches where goroutines meet. It needs a C compiler.
RACED := /internal/platform/
RACE := $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)

.PHONY: run build test test-pgbouncer faults check gen assets bench bench-side fuzz isolation pentest load-smoke load-soak load-spike load-stress

# Start it with two contractors' data in ./data; prints the address and the sign-ins.
run:
	scripts/setup run
	$(MAKE) --no-print-directory build
	bin/skai demo --data $(DATA)
	bin/skai serve --data $(DATA)

build:
	go build -trimpath -o bin/skai ./cmd/skai

test:
	scripts/setup
	go test -timeout 10m ./...

# The same tests, the application's connections through PgBouncer in transaction mode.
test-pgbouncer:
	scripts/setup
	SKAI_TEST_PGBOUNCER=1 go test -count=1 -timeout 20m ./...

# What happens to people at work while a part fails, in figures.
faults:
	scripts/setup
	go test -count=1 -v ./internal/faults | grep -v level=

# What CI runs. The last lines are those of the tests.
check:
	scripts/setup
	$(MAKE) --no-print-directory gen
	scripts/committed
	$(TOOL) golangci-lint run ./...
	$(MAKE) --no-print-directory build
	scripts/fuzz 3s
	go test $(RACE) -timeout 10m $$(go list ./... | grep -e $(RACED))
	go test -timeout 10m $$(go list ./... | grep -v -e $(RACED))

# Write the files that are made from others: pages, the dump of the schema.
gen:
	$(TOOL) templ generate -log-level warn
	go generate ./...

# Fetch the vendored scripts and styles of the pages again, at their pinned versions.
assets:
	scripts/assets

bench:
	scripts/setup run
	go run ./internal/bench

# The program beside the least that answering takes, and beside PocketBase.
bench-side:
	scripts/setup run
	cd tools/pocketbase && go build -o ../../bin/pocketbase github.com/pocketbase/pocketbase/examples/base
	go run ./internal/bench side

# Try inputs nobody thought of, two minutes for each target; what it finds is to be committed.
fuzz:
	scripts/fuzz 2m

# Prove on a fresh database that nobody gets in where they don't belong.
isolation:
	scripts/setup run
	$(MAKE) --no-print-directory build
	scripts/isolation

# Let wapiti and sqlmap loose on a seeded instance, signed in; about a quarter of an hour.
pentest:
	scripts/setup run
	$(MAKE) --no-print-directory build
	scripts/pentest

# People of both organisations at work on an installation of its own; the account is
# left in docs/load. loadtest/ says what each is, scripts/loadtest what can be set.
load-smoke load-soak load-spike load-stress: load-%:
	scripts/setup run
	scripts/loadtest $*
