package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"beeline/backend/server"
	"beeline/web"
)

func webCommand() *cli.Command {
	return &cli.Command{
		Name: "web", Usage: "serve the page to this computer only, and meet others through a public server",
		Description: "The page is the one in this program, so its code is yours and not that of whoever runs the server; the server\n" +
			"introduces browsers to each other and sees what it always sees. Links that are made here are the server's: others\n" +
			"open them there. To open somebody's link here, put the address that is printed in the place of the server's.\n" +
			"A browser keeps contacts and what is unfinished for one address: give a --port to find them again the next time.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "server", Aliases: []string{"s"}, Sources: env("server"), Usage: "meet through the server at this `URL`"},
			&cli.StringFlag{Name: "tls-fingerprint", Sources: env("tls-fingerprint"), Usage: "trust the server with this `SHA-256`, as `beeline serve --tls-self-signed` prints it, and no other"},
			&cli.IntFlag{Name: "port", Sources: env("port"), Usage: "serve on 127.0.0.1 and this `PORT`; 0: one that is free"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return serveWeb(ctx, c)
		},
	}
}

func serveWeb(ctx context.Context, c *cli.Command) error {
	k := connecting{server: c.String("server")}
	if err := k.trust(c.String("tls-fingerprint")); err != nil {
		return err
	}
	switch port := c.Int("port"); {
	case k.server == "":
		return errNoServer
	case port < 0 || port > 65535:
		return usagef("--port must be 1 to 65535, or 0 for one that is free")
	}
	public, err := publicServer(k.server)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Int("port"))))
	if err != nil {
		return fmt.Errorf("serve on port %d: %w", c.Int("port"), cause(err))
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	srv, err := server.New(server.Config{
		Assets: web.Dist(), Forward: &server.Forward{To: public, HTTP: k.http, Port: port}, ExemptLoopback: true,
		Log: slog.New(slog.NewTextHandler(c.Root().ErrWriter, nil)),
	})
	if err != nil {
		return err
	}
	sayWeb(c.Root().Writer, port, public, srv.Built())
	if err := srv.Serve(ctx, l); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func sayWeb(w io.Writer, port string, public *url.URL, built bool) {
	fmt.Fprintf(w, "Beeline is ready at http://127.0.0.1:%s\n", port)
	fmt.Fprintf(w, "  People meet through %s, and links lead there.\n", public.Host)
	if !built {
		fmt.Fprintln(w, "  The page has not been built into this program: run `make run` in the source.")
	}
}

// publicServer reads where people meet: a scheme and a host.
func publicServer(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, usagef("--server is no address of a server")
	}
	switch u.Scheme {
	case "wss", "ws":
		u.Scheme = "http" + strings.TrimPrefix(u.Scheme, "ws")
	case "https", "http":
	default:
		return nil, usagef("--server must begin with https:// or http://")
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, usagef("--server must name a host and nothing else")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
