package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/relay"
	"beeline/backend/server"
	"beeline/signaling"
	"beeline/signaling/wire"
	"beeline/web"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "serve the page and introduce browsers to each other",
		Description: "Files never pass through the server, and it can't read what browsers say to each other.\n" +
			"Browsers give a page what it needs only over TLS, or on the same machine.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "listen", Aliases: []string{"l"}, Value: "127.0.0.1:8080", Sources: env("listen"), Usage: "serve on `ADDRESS`; without a host part (\":8080\") on every interface"},
			&cli.StringSliceFlag{Name: "host", Sources: env("host"), Usage: "also answer to this `NAME`; addresses, localhost and this machine's name always work"},
			&cli.StringFlag{Name: "tls-cert", Sources: env("tls-cert"), Usage: "TLS with the certificate in this `FILE` (PEM)"},
			&cli.StringFlag{Name: "tls-key", Sources: env("tls-key"), Usage: "and its key in this `FILE` (PEM)"},
			&cli.StringSliceFlag{Name: "tls-domain", Sources: env("tls-domain"), Usage: "TLS with a certificate of Let's Encrypt for this `NAME`; needs --listen :443"},
			&cli.StringFlag{Name: "tls-cache", Sources: env("tls-cache"), Usage: "keep those certificates in this `FOLDER`"},
			&cli.BoolFlag{Name: "tls-self-signed", Sources: env("tls-self-signed"), Usage: "TLS with a certificate made now, for a LAN; browsers warn, and people compare its fingerprint"},
			&cli.StringSliceFlag{Name: "trusted-proxy", Sources: env("trusted-proxy"), Usage: "believe X-Forwarded-For and -Proto from this `RANGE` (10.0.0.0/8, or one address)"},
			&cli.StringFlag{Name: "metrics", Sources: env("metrics"), Usage: "serve /metrics for Prometheus on this `ADDRESS`"},
			&cli.IntFlag{Name: "max-connections", Value: server.DefaultMaxConnections, Sources: env("max-connections"), Usage: "`N` connections at once, in all"},
			&cli.BoolFlag{Name: "limit-loopback", Sources: env("limit-loopback"), Usage: "limits per address also for this machine, which has none when it serves only itself"},
			&cli.StringFlag{Name: "page", Sources: env("page"), Usage: "serve the page from this `FOLDER` instead of the one built in"},
			&cli.StringFlag{Name: "log-level", Value: "info", Sources: env("log-level"), Usage: "debug, info, warn or error; no level logs addresses"},
		}, relayFlags()...),
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			s, err := readServeConfig(c)
			if err != nil {
				return err
			}
			return serve(ctx, s, c.Root().Writer, c.Root().ErrWriter)
		},
	}
}

// serve runs a server until ctx ends.
func serve(ctx context.Context, sc *serveConfig, stdout, stderr io.Writer) error {
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: sc.logLevel}))
	l, err := net.Listen("tcp", sc.listen)
	if err != nil {
		return fmt.Errorf("serve on %s: %w", sc.listen, cause(err))
	}
	defer l.Close()
	sc.bound(l.Addr())
	conf, err := sc.tls(time.Now())
	if err != nil {
		return err
	}
	stun, err := sc.openRelay(conf)
	if err != nil {
		return err
	}
	if stun != nil {
		defer stun.Close()
	}

	limits := signaling.DefaultLimits()
	limits.ExemptLoopback = sc.exemptLoopback
	hub := signaling.NewHub(signaling.Config{
		Bus: signaling.NewMemoryBus(limits), Limits: limits, Log: log,
		ICE: func(host string) wire.ICE { return sc.iceServers(stun, host) },
	})
	var stats func() relay.Stats
	var turn func(net.Conn)
	if sc.relay {
		stats = stun.Stats
	}
	if sc.relay && sc.beside {
		turn = stun.Take
	}
	srv, err := server.New(server.Config{
		Assets: sc.assets(), Hub: hub, Names: sc.names, TrustedProxies: sc.proxies, TLS: conf,
		MaxConnections: sc.maxConnections, ExemptLoopback: sc.exemptLoopback, Relay: stats, TURN: turn, Log: log,
	})
	if err != nil {
		return err
	}
	if sc.metrics != "" {
		stop, err := serveMetrics(sc, srv)
		if err != nil {
			return err
		}
		defer stop()
	}
	fmt.Fprint(stdout, sc.startText(srv.Built()))
	if err := srv.Serve(ctx, l); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// serveMetrics serves /metrics on its own address until stop.
func serveMetrics(sc *serveConfig, srv *server.Server) (stop func(), err error) {
	l, err := net.Listen("tcp", sc.metrics)
	if err != nil {
		return nil, fmt.Errorf("serve metrics on %s: %w", sc.metrics, cause(err))
	}
	sc.metrics = l.Addr().String()
	hs := server.NewHTTPServer(srv.Metrics())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = hs.Serve(l) // ends with Close below
	}()
	return func() {
		_ = hs.Close()
		<-done
	}, nil
}

// assets returns the page: the one built in, or that of a folder.
func (sc *serveConfig) assets() fs.FS {
	if sc.page != "" {
		return os.DirFS(sc.page)
	}
	return web.Dist()
}

// cause is the part of a network error that a person can use: "address already
// in use", without the operation and the address, which our own sentence names.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}
