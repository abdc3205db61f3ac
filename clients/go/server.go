package sixpack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// How long nobody waits for a server that was silent: a page with five experiments waits once.
	silence        = 2 * time.Second
	answerBytesMax = 4 << 20
)

// One for all sessions of the process, so that connections are kept. Proxies of the environment are not used, and
// compressed answers not asked for, whose length says nothing about what they are unpacked to.
var transport = &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 60 * time.Second, DisableCompression: true}

var client = &http.Client{
	Transport:     transport,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// What this process knows of a server: that it was silent just now, and that it takes no batches.
type server struct {
	baseURL        string
	mutex          sync.Mutex
	answeredAt     time.Time
	silentUntil    time.Time
	knowsNoBatches bool
}

var servers sync.Map

// By base URL, of which a program has few.
func serverAt(baseURL string) *server {
	known, _ := servers.LoadOrStore(baseURL, &server{baseURL: baseURL})
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
	request, err := http.NewRequestWithContext(ctx, method, s.baseURL+sent.path, content)
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
	response, err := client.Do(request)
	if err != nil {
		return s.unanswered(ctx, err, sent)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		if ctx.Err() != nil {
			return s.unanswered(ctx, err, sent)
		}
		return reply{code: BadAnswer, message: err.Error()}
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
	// A caller that went away says nothing about the server.
	if errors.Is(ctx.Err(), context.Canceled) {
		return reply{code: Unreachable, message: err.Error()}
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
	// net/http names so what came and is no HTTP.
	if strings.Contains(err.Error(), "malformed HTTP") {
		return reply{code: BadAnswer, message: err.Error()}
	}
	return reply{code: Unreachable, message: err.Error()}
}
