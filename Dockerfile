# The server as an image without a shell: one static program, run by nobody.
#
#   docker build -t beeline .
#   docker run -p 443:443 -p 3478:3478/udp -p 3478:3478 -v certificates:/certificates beeline \
#     serve --listen :443 --tls-domain send.example --tls-cache /certificates --relay on
#
# Behind a proxy that ends TLS: run it as it is, and give --host NAME and
# --trusted-proxy RANGE. Probes: GET /healthz and /readyz.

FROM --platform=$BUILDPLATFORM node:22-bookworm-slim AS node

# What is built runs anywhere, so it is built where the builder is.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm

WORKDIR /src
# Dependencies first: they change less often than the code.
COPY go.mod go.sum ./
RUN go mod download
COPY web/package.json web/package-lock.json web/
RUN npm --prefix web ci --no-audit --no-fund

COPY . .
# The page (WebAssembly included), then the program that holds it.
RUN node web/build.mjs
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /out/beeline ./backend \
 && install -d -m 0700 -o 65532 -g 65532 /out/certificates

FROM scratch
# To ask Let's Encrypt for certificates; nothing else is ever asked of anybody.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/beeline /beeline
COPY --from=build --chown=65532:65532 /out/certificates /certificates
USER 65532:65532
ENV BEELINE_LISTEN=:8080
EXPOSE 8080 3478/udp 3478/tcp
ENTRYPOINT ["/beeline"]
CMD ["serve"]
