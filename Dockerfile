# The relay as a container: docker build -t aadr-relay . && docker run -p 8443:8443 -v aadr:/data aadr-relay

FROM docker.io/library/swift:6.3-bookworm AS build
RUN apt-get update -q && apt-get install -y -q --no-install-recommends libpq-dev libsodium-dev libsqlite3-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build --configuration release --static-swift-stdlib --product aadr-relay \
    && install -D "$(swift build --configuration release --show-bin-path)/aadr-relay" /out/aadr-relay \
    && strip /out/aadr-relay

FROM docker.io/library/debian:bookworm-slim
RUN apt-get update -q && apt-get install -y -q --no-install-recommends libpq5 libsodium23 libsqlite3-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin aadr \
    && install -d -o aadr -g aadr -m 0700 /data
COPY --from=build /out/aadr-relay /usr/local/bin/aadr-relay
USER aadr
VOLUME /data
EXPOSE 8443
ENV AADR_RELAY_DATA=/data AADR_RELAY_LISTEN=0.0.0.0:8443
STOPSIGNAL SIGTERM
ENTRYPOINT ["aadr-relay"]
CMD ["serve"]
