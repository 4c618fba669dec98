.PHONY: run test check bench doc deny proof

run: ; cargo run --quiet -- run

test: ; tests/install-peers && cargo test --workspace --doc && cargo test --workspace --lib --bins --tests

check: ; cargo fmt --all --check && cargo clippy --workspace --all-targets -- -D warnings && RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

bench: ; cargo bench --workspace

doc: ; cargo doc --workspace --no-deps

proof: ; tests/install-peers && KDCLAB_WRITE_PROOF=1 cargo test --test proof

deny: ; cargo deny --offline check licenses bans sources
