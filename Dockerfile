# The relay as a container: docker build -t aadr-relay . Docs/operator-guide.md says how to run it.

FROM docker.io/library/swift:6.3-bookworm AS build
RUN apt-get update -q && apt-get install -y -q --no-install-recommends libpq-dev libsodium-dev libsqlite3-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
# Not built, but the manifest names them.
COPY Fuzzing Fuzzing
COPY Tests Tests
RUN swift build --configuration release --static-swift-stdlib --product aadr-relay \
    && install -D "$(swift build --configuration release --show-bin-path)/aadr-relay" /out/aadr-relay \
    && strip /out/aadr-relay

# What the program needs to run, and nothing else: no shell, no package manager, no setuid program.
FROM docker.io/library/debian:bookworm-slim AS root
RUN apt-get update -q && apt-get install -y -q --no-install-recommends ca-certificates libpq5 libsodium23 libsqlite3-0 libstdc++6
COPY --from=build /out/aadr-relay /usr/local/bin/aadr-relay
RUN install -d /image/etc/ssl/certs \
    && for file in /usr/local/bin/aadr-relay $(ldd /usr/local/bin/aadr-relay | grep -o '/[^ ]*'); do \
           cp --dereference --parents "$file" /image || exit 1; \
       done \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && echo 'aadr:x:10001:10001::/data:/nonexistent' > /image/etc/passwd \
    && echo 'aadr:x:10001:' > /image/etc/group \
    && install -d -o 10001 -g 10001 -m 0700 /image/data

FROM scratch
COPY --from=root /image /
USER 10001:10001
# SQLite's temporary files, when it needs any, go to the one place that can be written.
WORKDIR /data
VOLUME /data
EXPOSE 8443
ENV PATH=/usr/local/bin AADR_RELAY_DATA=/data AADR_RELAY_LISTEN=0.0.0.0:8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s CMD ["aadr-relay", "healthcheck"]
ENTRYPOINT ["aadr-relay"]
CMD ["serve"]
