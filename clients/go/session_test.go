package sixpack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func newSession(t *testing.T, url string, options Options) *Session {
	t.Helper()
	if options.Timeout == 0 {
		options.Timeout = time.Minute
	}
	session, err := NewSession(url, options)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func codesOf(failures []Failure) []Code {
	var codes []Code
	for _, failure := range failures {
		codes = append(codes, failure.Code)
	}
	return codes
}

func TestAsksForMoreExperimentsThanABatchTakes(t *testing.T) {
	failures := &failureList{}
	session := newSession(t, real, Options{ClientID: "c", UserAgent: strings.Repeat("Mozilla ", 60), OnFailure: failures.add})
	experiments := map[string][]string{}
	for number := 0; number < 250; number++ {
		experiments[fmt.Sprintf("many-%d", number)] = []string{"a", "b"}
	}
	answers, err := session.ParticipateAll(context.Background(), experiments)
	if err != nil || len(answers) != 250 || len(failures.take()) != 0 {
		t.Errorf("Expected 250 answers, got %d, %v", len(answers), err)
	}
}

func TestSendsAgentsThatAreNoText(t *testing.T) {
	session := newSession(t, misbehaving+"/fine/go-agent", Options{UserAgent: "caf\xe9 \x00é"})
	if answer, _ := session.Participate(context.Background(), "button", []string{"red", "blue"}); answer != "blue" {
		t.Errorf("Expected blue, got %s", answer)
	}
	var seen []request
	get(t, misbehaving+"/requests/go-agent", &seen)
	if agent := seen[0].Arguments["user_agent"]; !reflect.DeepEqual(agent, []any{"caf\uFFFD é"}) {
		t.Errorf("Expected the rest of the agent, got %v", agent)
	}
}

func TestServesManyGoroutinesAtOnce(t *testing.T) {
	failures := &failureList{}
	var wait sync.WaitGroup
	for number := 0; number < 40; number++ {
		wait.Add(1)
		go func(number int) {
			defer wait.Done()
			session, _ := NewSession(real, Options{ClientID: fmt.Sprint("go-", number), Timeout: time.Minute, OnFailure: failures.add})
			_, _ = session.Participate(context.Background(), "goroutines", []string{"a", "b"})
			_, _ = session.Convert(context.Background(), "goroutines")
		}(number)
	}
	wait.Wait()
	var details map[string]any
	get(t, real+"/experiments/goroutines", &details)
	if details["total_conversions"] != 40.0 || len(failures.take()) != 0 {
		t.Errorf("Expected 40 conversions, got %v", details["total_conversions"])
	}
}

func TestRefusesSettingsThatAreNone(t *testing.T) {
	for _, options := range []Options{{Timeout: -1}, {Timeout: 25 * time.Hour}, {Storage: "disk"}, {CookieDomain: "a;b"}, {ClientID: "\xff"}, {APIKey: "a\r\nX: 1"}, {Segments: map[string]string{"two words": "a"}}} {
		if _, err := NewSession(real, options); err == nil {
			t.Errorf("Expected an error for %v, got none", options)
		}
	}
}

func TestReturnsTheControlWhenTheHookPanics(t *testing.T) {
	session := newSession(t, misbehaving+"/error-500/go-hook", Options{OnFailure: func(Failure) { panic("its own trouble") }})
	if answer, _ := session.Participate(context.Background(), "button", []string{"red", "blue"}); answer != "red" {
		t.Errorf("Expected the control, got %s", answer)
	}
}

func TestThinksNothingOfTheServerWhenTheCallerHadLessTime(t *testing.T) {
	failures := &failureList{}
	session := newSession(t, misbehaving+"/silent/go-caller", Options{OnFailure: failures.add})
	for number := 0; number < 2; number++ {
		soon, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		if answer, _ := session.Participate(soon, "button", []string{"red", "blue"}); answer != "red" {
			t.Errorf("Expected the control, got %s", answer)
		}
		cancel()
	}
	var seen []request
	get(t, misbehaving+"/requests/go-caller", &seen)
	if codes := codesOf(failures.take()); len(seen) != 2 || !reflect.DeepEqual(codes, []Code{Unreachable, Unreachable}) {
		t.Errorf("Expected two calls, got %d, %v", len(seen), codes)
	}
}

func TestTellsAnswersThatBreakTheRulesFromNone(t *testing.T) {
	for answer, expected := range map[string]Code{
		"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n": Redirect,
		"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}":                          BadAnswer,
		"SSH-2.0-OpenSSH_9\r\n": BadAnswer,
		"":                      Unreachable,
	} {
		failures := &failureList{}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			connection, _, _ := w.(http.Hijacker).Hijack()
			_, _ = connection.Write([]byte(answer))
			connection.Close()
		}))
		session := newSession(t, server.URL, Options{OnFailure: failures.add})
		if shown, _ := session.Participate(context.Background(), "button", []string{"red", "blue"}); shown != "red" {
			t.Errorf("Expected the control, got %s", shown)
		}
		if codes := codesOf(failures.take()); !reflect.DeepEqual(codes, []Code{expected}) {
			t.Errorf("Expected %s for %q, got %v", expected, answer, codes)
		}
		server.Close()
	}
}

func TestMiddlewareLeavesPagesTheirConnectionAndInterimAnswers(t *testing.T) {
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/socket" {
			connection, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = connection.Write([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"))
				connection.Close()
			}
			return
		}
		w.WriteHeader(http.StatusEarlyHints)
		FromContext(r.Context()).ClientID()
	})
	handler, err := Middleware(misbehaving+"/fine/go-hints", nil, pages)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(handler)
	defer site.Close()
	for path, expected := range map[string]int{"/socket": http.StatusSwitchingProtocols, "/": http.StatusOK} {
		response, err := http.Get(site.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != expected || path == "/" && len(response.Header.Values("Set-Cookie")) != 1 {
			t.Errorf("Expected %d of %s, got %d with %v", expected, path, response.StatusCode, response.Header)
		}
	}
}

func TestGivesUpInTimeOnAServerThatChangesTheProtocol(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n")
		_, _ = io.Copy(io.Discard, connection) // Until the client closes it.
		_ = connection.Close()
	}))
	defer server.Close()
	failures := &failureList{}
	session := newSession(t, server.URL, Options{Timeout: time.Minute, OnFailure: failures.add})
	shown, err := session.Participate(context.Background(), "button", []string{"red", "blue"})
	if got := failures.take(); shown != "red" || err != nil || len(got) != 1 || got[0].Code != BadAnswer {
		t.Errorf("Expected the control and a bad answer, got %q, %v, %v", shown, err, got)
	}
}

func TestLogsEachKindOfFailureUnlessGivenAHook(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	log.SetFlags(0)
	defer log.SetOutput(os.Stderr)
	defer log.SetFlags(log.LstdFlags)
	for _, path := range []string{"/error-500/go-log", "/nowhere/go-log"} {
		logged.Reset()
		session := newSession(t, misbehaving+path, Options{Retries: -1})
		for _, experiment := range []string{"button", "title"} {
			_, _ = session.Participate(context.Background(), experiment, []string{"red", "blue"})
		}
		_, _ = session.ConvertAll(context.Background())
		var lines []string
		for _, line := range strings.Split(logged.String(), "\n") {
			if strings.Contains(line, "/go-log: ") {
				lines = append(lines, line)
			}
		}
		if len(lines) != 2 {
			t.Fatalf("Expected a line for each kind of failure, got %q", lines)
		}
		began := []string{"sixpack: participate of button at ", "sixpack: convert of every experiment at "}
		for index, line := range lines {
			if !strings.HasPrefix(line, began[index]+misbehaving+path+": ") {
				t.Errorf("Expected a line that begins %q, got %q", began[index], line)
			}
			if strings.HasSuffix(line, ". Does Sixpack's API answer there?") != (path == "/nowhere/go-log") {
				t.Errorf("Expected advice where a stranger answers, and only there, got %q", line)
			}
		}
	}
}

func TestMiddlewareLogsOptionsOfARequestThatAreNotValid(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	perRequest := func(*http.Request) Options { return Options{ClientID: "\xff"} }
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, FromContext(r.Context()).ClientID()) })
	handler, err := Middleware(misbehaving+"/fine/go-options", perRequest, pages)
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if cookie := answer.Header().Get("Set-Cookie"); cookie != "" {
		t.Errorf("Expected no cookie, for nobody knows what was consented to, got %q", cookie)
	}
	if answer.Body.Len() != len(newID()) || !strings.Contains(logged.String(), "Expected a client id of 1 to 1024 characters") {
		t.Errorf("Expected a page and a line of the log, got %q and %q", answer.Body, logged.String())
	}
}

func TestMiddlewareSetsTheCookieOfANewClientOnce(t *testing.T) {
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			answer, _ := FromContext(r.Context()).Participate(r.Context(), "button", []string{"red", "blue"})
			fmt.Fprint(w, answer)
		}
	})
	perRequest := func(*http.Request) Options { return Options{CookieDomain: "example.com", Timeout: time.Minute} }
	handler, err := Middleware(misbehaving+"/fine/go-pages", perRequest, pages)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(handler)
	defer site.Close()
	visit := func(path, cookie string) []string {
		request, _ := http.NewRequest(http.MethodGet, site.URL+path, nil)
		request.Header.Set("Cookie", cookie)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.Header.Values("Set-Cookie")
	}
	cookies := visit("/", "")
	if len(cookies) != 1 || !strings.HasSuffix(cookies[0], "; Path=/; Max-Age=34560000; SameSite=Lax; Domain=example.com") {
		t.Fatalf("Expected a cookie, got %v", cookies)
	}
	if again := visit("/", strings.Split(cookies[0], ";")[0]); len(again) != 0 {
		t.Errorf("Expected no cookie again, got %v", again)
	}
	if other := visit("/other", ""); len(other) != 0 {
		t.Errorf("Expected no cookie of a page without a test, got %v", other)
	}
}

func TestQueueDeliversEveryConversionOnceAfterAnOutage(t *testing.T) {
	folder := t.TempDir()
	var url string
	stop := start(&url, "--import", "tsx", "../../conformance/real-server.ts", "0", folder)
	failures := &failureList{}
	queue := NewConversionQueue()
	var sessions []*Session
	for number := 0; number < 50; number++ {
		session := newSession(t, url, Options{ClientID: fmt.Sprint("buyer-", number), OnFailure: failures.add})
		_, _ = session.Participate(context.Background(), "outage", []string{"a", "b"})
		sessions = append(sessions, session)
	}
	stop()
	for _, session := range sessions {
		_ = queue.Convert(session, "outage")
	}
	soon, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if queue.Flush(soon) || queue.Len() != 50 {
		t.Errorf("Expected 50 conversions to wait, got %d", queue.Len())
	}
	port := url[strings.LastIndex(url, ":")+1:]
	defer start(&url, "--import", "tsx", "../../conformance/real-server.ts", port, folder)()
	if !queue.Flush(context.Background()) {
		t.Error("Expected nothing to wait")
	}
	var details map[string]any
	get(t, url+"/experiments/outage", &details)
	if details["total_conversions"] != 50.0 || len(failures.take()) != 0 {
		t.Errorf("Expected 50 conversions, got %v", details["total_conversions"])
	}
}

func TestQueueReportsWhatIsLeftAtTheEnd(t *testing.T) {
	failures := &failureList{}
	queue := NewConversionQueue()
	session := newSession(t, nobody, Options{OnFailure: failures.add})
	for number := 0; number < conversionsMax+3; number++ {
		_ = queue.Convert(session, "button")
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	queue.Close(ended)
	if got := len(failures.take()); got != conversionsMax+3 {
		t.Errorf("Expected %d reports, got %d", conversionsMax+3, got)
	}
}
