package sixpack

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

const folder = "../../conformance/"

// A port on which nothing listens.
const nobody = "http://127.0.0.1:9"

var misbehaving, real string

type step struct {
	Call         string
	Experiment   *string
	PreviousID   string `json:"previous_id"`
	Experiments  map[string][]string
	Alternatives []string
	Options      struct {
		TrafficFraction *float64 `json:"traffic_fraction"`
		Weights         []float64
		Covariate       *float64
		Prefetch        bool
		Force           string
		RecordForce     bool `json:"record_force"`
	}
	KPI    *string
	Value  *float64
	Ms     int
	Expect struct {
		Returns  any
		Failures []string
		Throws   bool
		AfterMs  int `json:"after_ms"`
	}
}

type request struct {
	Path          string
	Authorization string
	Arguments     map[string]any
	Body          any
}

type conformanceCase struct {
	Name    string
	Server  string
	Session struct {
		ClientID  string `json:"client_id"`
		Cookie    string
		Query     string
		IPAddress string `json:"ip_address"`
		UserAgent string `json:"user_agent"`
		APIKey    string `json:"api_key"`
		Segments  map[string]string
		TimeoutMs int `json:"timeout_ms"`
		Retries   *int
	}
	Steps    []step
	Requests *[]request
	AnyOrder bool `json:"any_order"`
	Details  map[string]any
}

// The servers print their port, and end when their stdin closes.
func TestMain(m *testing.M) {
	stopMisbehaving := start(&misbehaving, folder+"misbehaving-server.mjs")
	stopReal := start(&real, "--import", "tsx", folder+"real-server.ts")
	code := m.Run()
	stopMisbehaving()
	stopReal()
	os.Exit(code)
}

func start(url *string, args ...string) (stop func()) {
	command := exec.Command("node", args...)
	command.Stderr = os.Stderr
	stdin, _ := command.StdinPipe()
	stdout, _ := command.StdoutPipe()
	if err := command.Start(); err != nil {
		panic(err)
	}
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		panic(err)
	}
	*url = "http://127.0.0.1:" + strings.TrimSpace(port)
	return func() {
		stdin.Close()
		_ = command.Wait()
	}
}

// Replays conformance/clients.json; conformance/README.md says how.
func TestConformance(t *testing.T) {
	text, err := os.ReadFile(folder + "clients.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases    []conformanceCase
		BaseURLs struct{ Taken, Refused []string } `json:"base_urls"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, url := range file.BaseURLs.Taken {
		if _, err := NewSession(url, Options{}); err != nil {
			t.Errorf("Expected %q to be taken, got %v", url, err)
		}
	}
	for _, url := range file.BaseURLs.Refused {
		_, err := NewSession(url, Options{})
		if _, ok := err.(*ArgumentError); !ok || strings.Contains(err.Error(), "secret") {
			t.Errorf("Expected an ArgumentError for %q that shows no password, got %v", url, err)
		}
	}
	for index, item := range file.Cases {
		index, item := index, item
		t.Run(item.Name, func(t *testing.T) {
			t.Parallel()
			replay(t, item, fmt.Sprintf("go-%d", index))
		})
	}
}

func replay(t *testing.T, item conformanceCase, token string) {
	failures := &failureList{}
	session := sessionOf(t, item, token, failures)
	conversions := 0
	for _, one := range item.Steps {
		failures.take()
		if one.Call == "wait" {
			time.Sleep(time.Duration(one.Ms) * time.Millisecond)
			continue
		}
		startedAt := time.Now()
		returned, err := callOf(session, one)
		if one.Expect.Throws {
			if _, ok := err.(*ArgumentError); !ok {
				t.Errorf("Expected an ArgumentError, got %v", err)
			}
			continue
		}
		if one.Call == "convert" {
			conversions++
		}
		check(t, one, returned, err, failures.take(), time.Since(startedAt))
	}
	if item.Requests != nil {
		checkRequests(t, item, token, conversions)
	}
	if item.Details != nil {
		var details map[string]any
		get(t, real+"/experiments/"+url.PathEscape(item.Details["experiment"].(string)), &details)
		for name, value := range item.Details {
			if name != "experiment" && !reflect.DeepEqual(details[name], value) {
				t.Errorf("Expected %s %v, got %v", name, value, details[name])
			}
		}
	}
}

func sessionOf(t *testing.T, item conformanceCase, token string, failures *failureList) *Session {
	base := misbehaving + "/" + item.Server + "/" + token
	if item.Server == "real" {
		base = real
	} else if item.Server == "nobody" {
		base = nobody
	}
	given := item.Session
	options := Options{
		ClientID: given.ClientID, Cookie: given.Cookie, Query: given.Query, IPAddress: given.IPAddress,
		UserAgent: given.UserAgent, APIKey: given.APIKey, Segments: given.Segments, Timeout: time.Duration(given.TimeoutMs) * time.Millisecond, OnFailure: failures.add,
	}
	if given.Retries != nil {
		options.Retries = *given.Retries
		if options.Retries == 0 {
			options.Retries = -1
		}
	}
	session, err := NewSession(base, options)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func callOf(session *Session, one step) (any, error) {
	ctx := context.Background()
	var options []CallOption
	if one.Options.TrafficFraction != nil {
		options = append(options, TrafficFraction(*one.Options.TrafficFraction))
	}
	if one.Options.Weights != nil {
		options = append(options, Weights(one.Options.Weights...))
	}
	if one.Options.Covariate != nil {
		options = append(options, Covariate(*one.Options.Covariate))
	}
	if one.Options.Prefetch {
		options = append(options, Prefetch())
	}
	if one.Options.Force != "" {
		options = append(options, Force(one.Options.Force))
	}
	if one.Options.RecordForce {
		options = append(options, RecordForce())
	}
	if one.KPI != nil {
		options = append(options, KPI(*one.KPI))
	}
	if one.Value != nil {
		options = append(options, Value(*one.Value))
	}
	switch one.Call {
	case "participate":
		return session.Participate(ctx, *one.Experiment, one.Alternatives, options...)
	case "participate_all":
		answers, err := session.ParticipateAll(ctx, one.Experiments, options...)
		plain := map[string]any{}
		for name, answer := range answers {
			plain[name] = answer
		}
		return plain, err
	case "link":
		if one.Experiment == nil {
			return session.Link(ctx, one.PreviousID)
		}
		return session.LinkIn(ctx, one.PreviousID, *one.Experiment)
	default:
		return session.Convert(ctx, *one.Experiment, options...)
	}
}

func check(t *testing.T, one step, returned any, err error, failures []Failure, took time.Duration) {
	if err != nil {
		t.Errorf("Expected no error, got %v", err)
	}
	if one.Expect.Returns != nil && !reflect.DeepEqual(returned, one.Expect.Returns) {
		t.Errorf("Expected %v, got %v", one.Expect.Returns, returned)
	}
	codes := []string{}
	for _, failure := range failures {
		codes = append(codes, string(failure.Code))
		kind, asked := one.Call, ""
		if one.Experiments != nil {
			kind = "participate"
		} else if one.Experiment != nil {
			asked = *one.Experiment
		}
		_, isAsked := one.Experiments[failure.Experiment]
		if failure.Call != kind || !isAsked && failure.Experiment != asked {
			t.Errorf("Expected a failure of %s %q, got %v", kind, asked, failure)
		}
	}
	if one.Expect.Failures != nil && !reflect.DeepEqual(codes, one.Expect.Failures) {
		t.Errorf("Expected failures %v, got %v", one.Expect.Failures, failures)
	}
	if took < time.Duration(one.Expect.AfterMs)*time.Millisecond {
		t.Errorf("Expected an answer after %d ms, got it after %v", one.Expect.AfterMs, took)
	}
}

func checkRequests(t *testing.T, item conformanceCase, token string, conversions int) {
	var seen []request
	get(t, misbehaving+"/requests/"+token, &seen)
	wanted := *item.Requests
	if len(seen) != len(wanted) {
		t.Fatalf("Expected %d requests, got %v", len(wanted), seen)
	}
	if item.AnyOrder {
		for _, requests := range [][]request{seen, wanted} {
			requests := requests
			sort.SliceStable(requests, func(a, b int) bool { return requests[a].key() < requests[b].key() })
		}
	}
	ids := map[any]bool{}
	for index, expected := range wanted {
		got := seen[index]
		if got.Path != expected.Path || got.Authorization != expected.Authorization || !sameCalls(got.Body, expected.Body) || len(got.Arguments) != len(expected.Arguments) {
			t.Errorf("Expected %v, got %v", expected, got)
		}
		for name, value := range expected.Arguments {
			values, _ := got.Arguments[name].([]any)
			if pattern, ok := value.(map[string]any); ok {
				if len(values) != 1 || !regexp.MustCompile(pattern["matches"].(string)).MatchString(values[0].(string)) {
					t.Errorf("Expected %s to match, got %v", name, values)
				}
			} else if list, ok := value.([]any); ok && !reflect.DeepEqual(values, list) || !ok && !reflect.DeepEqual(values, []any{value}) {
				t.Errorf("Expected %s %v, got %v", name, value, values)
			}
		}
		if id, ok := got.Arguments["id"].([]any); ok {
			ids[id[0]] = true
		}
	}
	if len(ids) != conversions {
		t.Errorf("Expected %d different ids, got %d", conversions, len(ids))
	}
}

func (r request) key() string {
	return fmt.Sprint(r.Path, " ", strings.Trim(fmt.Sprint(r.Arguments["experiment"]), "[]"))
}

// A map of Go has no order, and so neither have the calls of a batch that is made of one.
func sameCalls(got, expected any) bool {
	fields, _ := expected.(map[string]any)
	if fields["calls"] == nil {
		return reflect.DeepEqual(got, expected)
	}
	lists := [][]string{}
	for _, body := range []any{got, expected} {
		list := []string{}
		for _, one := range body.(map[string]any)["calls"].([]any) {
			text, _ := json.Marshal(one)
			list = append(list, string(text))
		}
		sort.Strings(list)
		lists = append(lists, list)
	}
	return reflect.DeepEqual(lists[0], lists[1])
}

func get(t *testing.T, url string, into any) {
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatal(err)
	}
}

type failureList struct {
	mutex    sync.Mutex
	failures []Failure
}

func (l *failureList) add(failure Failure) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.failures = append(l.failures, failure)
}

func (l *failureList) take() []Failure {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	taken := l.failures
	l.failures = nil
	return taken
}
