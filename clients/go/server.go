package sixpack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// How long nobody waits for a server that was silent: a page with five experiments waits once.
	silence = 2 * time.Second
	// How often the log hears of one kind of failure: of an outage, not of each of its calls.
	warningPause = time.Minute
	// An answer to the largest batch has a tenth of that.
	answerBytesMax = 1 << 20
)

// One for all sessions of the process, so that connections are kept. Proxies of the environment are not used, and
// compressed answers not asked for, whose length says nothing about what they are unpacked to.
var transport = &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 60 * time.Second, DisableCompression: true}

// What this process knows of a server: that it was silent just now, that it takes no batches, and what the log has heard.
type server struct {
	baseURL        string
	mutex          sync.Mutex
	answeredAt     time.Time
	silentUntil    time.Time
	knowsNoBatches bool
	warnedAt       map[string]time.Time
}

var servers sync.Map

// By base URL, of which a program has few.
func serverAt(baseURL string) *server {
	known, _ := servers.LoadOrStore(baseURL, &server{baseURL: baseURL, warnedAt: map[string]time.Time{}})
	return known.(*server)
}

func (s *server) isSilent() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return time.Now().Before(s.silentUntil)
}

func (s *server) takesBatches() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return !s.knowsNoBatches
}

func (s *server) learn(what func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	what()
}

// What becomes of failures where nobody gave a hook.
func (s *server) warn(f *Failure) {
	kind, now := f.Call+" "+string(f.Code), time.Now()
	s.mutex.Lock()
	before, isKnown := s.warnedAt[kind]
	isDue := !isKnown || now.Sub(before) >= warningPause
	if isDue {
		s.warnedAt[kind] = now
	}
	s.mutex.Unlock()
	if isDue {
		log.Print(f.warning(s.baseURL))
	}
}

// What came of a request: the fields of an answer with its status, or the code of a failure.
type reply struct {
	code    Code
	message string
	status  int
	fields  map[string]any
}

// What is sent, in the name of a key where there is one. The time of the context began at beganAt and lasts timeout.
type outgoing struct {
	path, apiKey string
	body         []byte
	beganAt      time.Time
	timeout      time.Duration
}

func (s *server) send(ctx context.Context, sent outgoing) reply {
	method, content := http.MethodGet, io.Reader(nil)
	if sent.body != nil {
		method, content = http.MethodPost, bytes.NewReader(sent.body)
	}
	// Told by another goroutine, perhaps after the time is up.
	var began atomic.Bool
	trace := &httptrace.ClientTrace{GotFirstResponseByte: func() { began.Store(true) }}
	traced := httptrace.WithClientTrace(ctx, trace)
	request, err := http.NewRequestWithContext(traced, method, s.baseURL+sent.path, content)
	if err != nil {
		return reply{code: Unreachable, message: err.Error()}
	}
	request.Header.Set("Accept", "application/json")
	if sent.apiKey != "" {
		request.Header.Set("Authorization", "Bearer "+sent.apiKey)
	}
	if sent.body != nil {
		request.Header.Set("Content-Type", "application/json")
		// It may be sent again on a new connection: participations can be.
		request.Header["Idempotency-Key"] = nil
	}
	// Not an http.Client, which follows redirects and judges where they lead.
	response, err := transport.RoundTrip(request)
	if err != nil && began.Load() && ctx.Err() == nil {
		return reply{code: BadAnswer, message: err.Error()}
	}
	if err != nil {
		return s.unanswered(ctx, err, sent)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusSwitchingProtocols {
		// Its body is the connection, which no deadline ends.
		return reply{code: BadAnswer, message: "Expected an answer, got another protocol"}
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		if ctx.Err() != nil {
			return s.unanswered(ctx, err, sent)
		}
		// By its status, of which a body would not have changed the meaning.
		return reply{status: response.StatusCode, message: err.Error()}
	}
	s.learn(func() { s.answeredAt, s.silentUntil = time.Now(), time.Time{} })
	var fields map[string]any
	if json.Unmarshal(text, &fields) != nil {
		fields = nil
	}
	message := fmt.Sprintf("Expected an answer, got status %d: %.80q", response.StatusCode, text)
	return reply{status: response.StatusCode, fields: fields, message: message}
}

// A call that got no answer. Where others did meanwhile, it was a slow one among them.
func (s *server) unanswered(ctx context.Context, err error, sent outgoing) reply {
	// A caller that went away, or had less time, says nothing about the server.
	if ctx.Err() != nil && time.Since(sent.beganAt) < sent.timeout {
		return reply{code: Unreachable, message: fmt.Sprintf("Expected an answer before the context of the call ended: %v", ctx.Err())}
	}
	s.learn(func() {
		if !s.answeredAt.After(sent.beganAt) {
			s.silentUntil = time.Now().Add(silence)
		}
	})
	// A dial that runs out of time may say so a moment before the context does.
	var late net.Error
	if ctx.Err() != nil || errors.As(err, &late) && late.Timeout() {
		return reply{code: Timeout, message: fmt.Sprintf("Expected an answer in %v", sent.timeout)}
	}
	return reply{code: Unreachable, message: err.Error()}
}
