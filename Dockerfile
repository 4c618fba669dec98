FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY proto proto
COPY kdc kdc
COPY client client
COPY ntlm ntlm
COPY src src
COPY scenarios scenarios
# Cargo wants every target of the manifest to be there.
COPY benches benches
COPY tests tests
RUN cargo build --release --locked --bin kdclab

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends krb5-user \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/kdclab /usr/local/bin/kdclab
CMD ["kdclab", "list"]
