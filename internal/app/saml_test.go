package app_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/crewjam/saml/samlsp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// simpleSAML is Debian's SimpleSAMLphp, served by PHP as a process of its own.
type simpleSAML struct{ root, url string }

func newSimpleSAML(t *testing.T) simpleSAML {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "../../scripts/simplesamlphp").Output()
	if err != nil {
		words := "scripts/simplesamlphp failed; it needs PHP with dom and mbstring, and apt-get: " + err.Error()
		if os.Getenv("CI") != "" {
			t.Fatal(words)
		}
		t.Skip(words)
	}
	home := strings.TrimSpace(string(out))
	s := simpleSAML{root: t.TempDir()}
	for _, folder := range []string{"cert", "log", "data", "tmp", "metadata"} {
		if err := os.Mkdir(filepath.Join(s.root, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"config.php": "config.php", "authsources.php": "authsources.php", "saml20-idp-hosted.php": "metadata/saml20-idp-hosted.php"} {
		text, err := os.ReadFile(filepath.Join("testdata/simplesamlphp", from)) //nolint:gosec // named above
		if err != nil {
			t.Fatal(err)
		}
		s.write(t, to, string(text))
	}
	s.keys(t)
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + free.Addr().String()
	_ = free.Close()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	php := exec.CommandContext(ctx, "php", "-d", "error_reporting=0", "-d", "session.save_path="+s.root+"/tmp", "-S", strings.TrimPrefix(s.url, "http://"), "-t", home+"/usr/share/simplesamlphp/www") //nolint:gosec // ours
	php.Env = append(os.Environ(), "SIMPLESAMLPHP_CONFIG_DIR="+s.root, "SSP_ROOT="+s.root, "SSP_URL="+s.url, "SSP_HOME="+home, "PHP_CLI_SERVER_WORKERS=4")
	php.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}                                // its workers outlive it
	php.Cancel = func() error { return syscall.Kill(-php.Process.Pid, syscall.SIGKILL) } // so all of the group
	if err := php.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = php.Wait() })
	return s
}

func (s simpleSAML) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.root, name), []byte(text), 0o600); err != nil { //nolint:gosec // a name of ours, in a folder of the test
		t.Fatal(err)
	}
}

// keys makes the provider's key.
func (s simpleSAML) keys(t *testing.T) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "cert/idp.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	s.write(t, "cert/idp.key", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
}

// metadata is what the provider says of itself, once it listens.
func (s simpleSAML) metadata(t *testing.T) string {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	said := ""
	for range 100 { // it says nothing when it listens
		res, err := http.Get(s.url + "/saml2/idp/metadata.php") //nolint:noctx // on this machine
		if err == nil {
			text, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if said = string(text); strings.Contains(said, "EntityDescriptor") {
				return said
			}
		}
		<-tick.C
	}
	t.Fatalf("SimpleSAMLphp does not say what it is: %s", said)
	return ""
}

// trust tells the provider who we are, from our metadata.
func (s simpleSAML) trust(t *testing.T, ours []byte) {
	t.Helper()
	d, err := samlsp.ParseMetadata(ours)
	if err != nil {
		t.Fatal(err)
	}
	sp := d.SPSSODescriptors[0]
	s.write(t, "metadata/saml20-sp-remote.php", fmt.Sprintf(`<?php
$metadata['%s'] = [
	'AssertionConsumerService' => '%s',
	'SingleLogoutService' => '%s',
	'certData' => '%s',
	'assertion.encryption' => true,
	'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
	'validate.authnrequest' => true,
	'validate.logout' => true,
	'sign.logout' => true,
];`, d.EntityID, sp.AssertionConsumerServices[0].Location, sp.SingleLogoutServices[0].Location, strings.TrimSpace(sp.KeyDescriptors[0].KeyInfo.X509Data.X509Certificates[0].Data)))
}

// TestSAMLInABrowser comes in through SimpleSAMLphp, with signed requests and an
// encrypted assertion, and signs out of both.
func TestSAMLInABrowser(t *testing.T) {
	t.Parallel()
	idp := newSimpleSAML(t)
	ctx := tab(t)
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	server := httptest.NewServer(build(t, db).Handler())
	t.Cleanup(server.Close)
	var path, text string
	see := watch(ctx, t, &path, &text)
	metadata := idp.metadata(t)
	see("sign in", chromedp.Navigate(server.URL+"/sign-in?next=/settings/sso/connection?kind=saml"), chromedp.SendKeys("#email", titan.Email(tenant.Owner)), chromedp.SendKeys("#password", dbtest.Password+"\r"), chromedp.WaitVisible("#metadata"))
	script := "document.getElementById('metadata').value = atob('" + base64.StdEncoding.EncodeToString([]byte(metadata)) + "'); ''"
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](script)); err != nil {
		t.Fatal(err)
	}
	see("name the provider", chromedp.Click("form.sk-form button.sk-btn-primary"), chromedp.WaitVisible("#group"))
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `
		INSERT INTO sso_domains (org_id, id, domain, token, verified_at, created_by) SELECT $1, gen_random_uuid(), 'titan.test', 't', now(), id FROM people WHERE org_id = $1 AND kind = 'system'`, titan.ID); err != nil {
		t.Fatal(err)
	}
	see("give a group a role", chromedp.SendKeys("#group", "Office"), chromedp.Click(`form[action="/settings/sso/groups"] button`), chromedp.WaitVisible(".sk-line"))
	_, at, _ := strings.Cut(text, server.URL)
	at, _, _ = strings.Cut(server.URL+at, "\n")
	res, err := http.Get(at) //nolint:noctx,gosec // our own metadata
	if err != nil {
		t.Fatal(err)
	}
	ours, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	idp.trust(t, ours)
	out := []chromedp.Action[chromedp.Void]{chromedp.Navigate(server.URL + "/dashboard"), chromedp.Click(".sk-user summary"), chromedp.Click(`form[action="/sign-out"] button`)}
	see("sign out", append(out, chromedp.WaitVisible("#email"))...)
	see("go to the provider", chromedp.Navigate(server.URL+"/sign-in/sso?next=/leads"), chromedp.SendKeys("#email", "pat@titan.test\r"), chromedp.WaitVisible("#username"))
	see("sign in there", chromedp.SendKeys("#username", "pat"), chromedp.SendKeys("#password", "verysecure\r"), chromedp.WaitVisible(".sk-bar"))
	if path != "/leads" || !strings.Contains(text, "Titan") {
		t.Errorf("at %s: %s", path, text)
	}
	see("sign out of both", append(out, chromedp.WaitVisible(".sk-door .sk-btn-primary"))...)
	see("and there", chromedp.Click(".sk-door .sk-btn-primary"), chromedp.WaitVisible(".sk-door"))
	see("nobody is known there any more", chromedp.Navigate(server.URL+"/sign-in/sso?next=/leads"), chromedp.SendKeys("#email", "pat@titan.test\r"), chromedp.WaitVisible("#username"))
}
