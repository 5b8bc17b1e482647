# A worker in a container: renders one show, or what comes next. From the root of the source:
#   docker build -f deploy/renderer.Dockerfile -t crosscut-renderer .
#   docker run --rm --read-only --tmpfs /scratch --cap-drop ALL --security-opt no-new-privileges \
#     -e CROSSCUT_REDIS=redis://10.0.0.5/0 -e CROSSCUT_STORAGE=/storage -v /srv/shows:/storage \
#     crosscut-renderer 0b0e7a3c-0000-4000-8000-000000000001
# The argument is the session; --once instead takes what comes next. It needs to reach Redis and the
# storage, and nothing else; the process that reads recordings has no network at all.
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
        libebur128-1 libcurl4 libsodium23 libavformat59 libavcodec59 libavfilter8 libswscale6 \
        libswresample4 libavutil57 \
        ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --no-create-home crosscut \
    && install -d -o crosscut -g crosscut -m 700 /scratch
COPY --from=build /build/crosscut /usr/local/bin/crosscut
USER crosscut
WORKDIR /scratch
ENV TMPDIR=/scratch
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/crosscut", "worker"]
CMD ["--once"]
