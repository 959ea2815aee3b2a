// Package metrics tells Prometheus how one process is doing, and lets its operator
// profile it, at an address of its own that customers never reach. What it counts
// begins anew with the process: the figures an organisation is told of itself are
// package measure's, which outlive it.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// buckets are the upper limits of the histogram of requests, in seconds. 2 s is the
// objective of the service.
var buckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30}

// Metrics are what a process tells. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	log      *slog.Logger
}

// New gives the metrics of a process on a database, built of a version and commit.
func New(db *postgres.DB, version, commit string, log *slog.Logger) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), log: log, requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "skai_http_request_duration_seconds", Help: "How long requests took, from the first byte that was read to the last that was written.", Buckets: buckets,
	}, []string{"route", "status"})}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "skai_build_info", Help: "What the process was built of.", ConstLabels: prometheus.Labels{"version": version, "commit": commit}})
	build.Set(1)
	m.registry.MustRegister(m.requests, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if db != nil { // the program that only tells its routes has none
		m.registry.MustRegister(newPool(db), newJobs(db))
	}
	return m
}

// Register adds figures that another package keeps. It panics on a name that is taken.
func (m *Metrics) Register(c ...prometheus.Collector) { m.registry.MustRegister(c...) }

// Observe counts one request: its route ("GET /claims/{id}") and how it was answered.
func (m *Metrics) Observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, class(status)).Observe(took.Seconds())
}

// class is a status as it is counted: "2xx".
func class(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}

// Handler is the listener's: /metrics and /debug/pprof/. The command line is left out
// of the profiles, since a flag may be a password.
func (m *Metrics) Handler() http.Handler {
	figures := promhttp.InstrumentMetricHandler(m.registry, promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError, Timeout: 10 * time.Second, MaxRequestsInFlight: 4,
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		profile, asked := strings.CutPrefix(r.URL.Path, "/debug/pprof/")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead && profile != "symbol":
			http.Error(w, "This address is only read.", http.StatusMethodNotAllowed)
		case r.URL.Path == "/metrics":
			figures.ServeHTTP(w, r)
		case !asked || profile == "cmdline":
			http.NotFound(w, r)
		case profile == "profile":
			pprof.Profile(w, r)
		case profile == "symbol":
			pprof.Symbol(w, r)
		case profile == "trace":
			pprof.Trace(w, r)
		default:
			pprof.Index(w, r)
		}
	})
}

// Serve answers at the listener until ctx ends, and closes it.
func (m *Metrics) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: m.Handler(), ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, // a profile takes half a minute, or what is asked for
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve metrics at %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	err := server.Close() // who reads them comes again
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// CheckAddress refuses, in words, an address to serve them at that others could
// reach: nobody is asked who they are there. It takes this machine's own addresses
// (127.0.0.1) and those of private networks (10.0.0.5; RFC 1918, RFC 4193), with a port.
func CheckAddress(typed string) error {
	host, port, err := net.SplitHostPort(typed)
	if host == "localhost" {
		host = "127.0.0.1"
	}
	a, badHost := netip.ParseAddr(host)
	_, badPort := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil || badPort != nil || host != "" && badHost != nil:
		return fmt.Errorf("%q is no address of this machine with a port; an example: 127.0.0.1:9090", typed)
	case host == "" || !a.Unmap().IsLoopback() && !a.Unmap().IsPrivate():
		return fmt.Errorf("%q can be reached from outside, and nobody is asked there who they are; name an address of this machine or of a private network, for example 127.0.0.1:9090", typed)
	}
	return nil
}
