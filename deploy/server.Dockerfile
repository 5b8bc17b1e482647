# The studio in a container, from the root of the source:
#   docker build -f deploy/server.Dockerfile -t crosscut .
FROM docker.io/library/debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        make git ca-certificates npm && rm -rf /var/lib/apt/lists/*
# Behind a proxy that signs certificates of its own, npm has to know those:
#   buildah build --build-arg NODE_EXTRA_CA_CERTS=/run/ca.crt --volume …/ca.crt:/run/ca.crt …
ARG NODE_EXTRA_CA_CERTS
WORKDIR /source
COPY tools tools
RUN tools/need-packages build
COPY . .
RUN tools/set-up /build --buildtype=release && ninja -C /build crosscut

FROM docker.io/library/debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        libglib2.0-0 libjansson4 libnettle8 libmicrohttpd12 libwslay1 libsqlite3-0 libhiredis0.14 \
        libebur128-1 libcurl4 libsodium23 \
        libavformat59 libavcodec59 libavfilter8 libswscale6 libswresample4 libavutil57 \
        ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/crosscut --create-home crosscut \
    && install -d -o crosscut -g crosscut -m 700 /var/lib/crosscut/storage
COPY --from=build /build/crosscut /usr/local/bin/crosscut
USER crosscut
WORKDIR /var/lib/crosscut
VOLUME /var/lib/crosscut/storage
EXPOSE 8080
ENV CROSSCUT_LISTEN=0.0.0.0:8080 CROSSCUT_STORAGE=/var/lib/crosscut/storage \
    CROSSCUT_LOG_FORMAT=json XDG_RUNTIME_DIR=/tmp
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/crosscut"]
CMD ["serve"]
