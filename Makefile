# The two commands that matter: `make demo` and `make test`. Both do all set-up themselves on Debian 12 with Swift 6.3.

release := swift build --configuration release --static-swift-stdlib

.PHONY: help demo build install test format-check format bench docs fuzz clean

help:
	@echo "make demo          build, and watch an alert cross between five organisations (about 20 s after the build)"
	@echo "make test          run every test"
	@echo "make build         the two programs, in .build/release"
	@echo "make install       programs, manual pages and completions, into PREFIX (/usr/local) under DESTDIR"
	@echo "make bench         measure, as a table and as JSON"
	@echo "make docs          the libraries' pages (DocC), in .build/plugins/Swift-DocC/outputs"
	@echo "make fuzz          hostile input at every parser and a live group, under AddressSanitizer"
	@echo "make format        format the sources; make format-check only looks"

build:
	@Scripts/setup build
	@$(release) --product aadr-relay
	@$(release) --product aadr-msg

install: build
	@DESTDIR="$(DESTDIR)" PREFIX="$(or $(PREFIX),/usr/local)" Scripts/install .build/release

demo: build
	@Scripts/demo .build/release

test:
	@Scripts/setup test
	swift build --build-tests
	@Scripts/test
	@Scripts/check-openapi .build/debug

format-check:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Fuzzing/Package.swift Fuzzing/Sources Fuzzing/Tests

format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests Fuzzing/Package.swift Fuzzing/Sources Fuzzing/Tests

bench: build
	@Scripts/bench

docs:
	@Scripts/setup build
	@for library in MLS HPKE Sodium TLSCodec; do AADR_DOCS=1 swift package generate-documentation --target $$library || exit 1; done

fuzz:
	@for target in decode group message welcome; do Scripts/fuzz $$target || exit 1; done

clean:
	swift package clean
