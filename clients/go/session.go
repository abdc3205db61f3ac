package sixpack

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// First pause before a conversion or a link is tried again; each further one is twice as long.
const retryPause = 100 * time.Millisecond

// Session is one client, and the calls it makes. It may be used by several goroutines.
type Session struct {
	server     *server
	clientID   string
	options    Options
	forced     url.Values
	setsCookie bool
	mutex      sync.Mutex
	isUsed     bool
	// Experiments whose alternative was forced, and not recorded.
	shownByForce map[string]bool
}

// NewSession makes a session for a server, with its mount path if it has one. Its error is an *ArgumentError.
func NewSession(baseURL string, options Options) (*Session, error) {
	base, err := url.Parse(baseURL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || strings.ContainsAny(baseURL, "?#@ ") || !isPort(base.Port()) {
		// What stands before an @ may be a password.
		shown := baseURL[strings.LastIndex(baseURL, "@")+1:]
		return nil, &ArgumentError{"an http(s) base URL without user or query", shown}
	}
	if options, err = options.checked(); err != nil {
		return nil, err
	}
	kept := ""
	if options.Storage != storageNothing {
		kept = idFromCookie(options.Cookie)
	}
	id := options.ClientID
	if id == "" {
		id = kept
	}
	if id == "" {
		id = newID()
	}
	if err := checkClientID(id); err != nil {
		return nil, err
	}
	sets := options.Storage == storageCookie || options.Storage == "" && options.ClientID == ""
	return &Session{
		server:       serverAt(strings.TrimRight(baseURL, "/")),
		clientID:     id,
		options:      options,
		forced:       forcedIn(options.Query),
		setsCookie:   sets && kept != id,
		shownByForce: map[string]bool{},
	}, nil
}

// Whether there may be such a port; without one it is that of the scheme.
func isPort(text string) bool {
	number, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && number > 0
}

// FromRequest is the session of a request: cookie, query, address of the connection and user agent come from there.
func FromRequest(baseURL string, request *http.Request, options Options) (*Session, error) {
	if options.Cookie == "" {
		options.Cookie = strings.Join(request.Header.Values("Cookie"), "; ")
	}
	if options.Query == "" {
		options.Query = request.URL.RawQuery
	}
	if options.UserAgent == "" {
		options.UserAgent = request.UserAgent()
	}
	if host, _, err := net.SplitHostPort(request.RemoteAddr); err == nil && options.IPAddress == "" {
		options.IPAddress = host
	}
	return NewSession(baseURL, options)
}

// ClientID is who is randomised.
func (s *Session) ClientID() string {
	s.use()
	return s.clientID
}

// SetCookie is the value of a Set-Cookie header that makes a browser keep the client id.
func (s *Session) SetCookie() string { return cookieFor(s.clientID, s.options.CookieDomain) }

// CookieToSet is the same where the response at hand needs it, else "": for a new client, once its session was used.
func (s *Session) CookieToSet() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.isUsed || !s.setsCookie {
		return ""
	}
	return s.SetCookie()
}

// Participate returns the alternative this client gets; the first one, the control, on any failure. Its error is an
// *ArgumentError, for arguments that break the rules.
func (s *Session) Participate(ctx context.Context, experiment string, alternatives []string, options ...CallOption) (string, error) {
	one, err := s.question(experiment, alternatives, optionsOf(options))
	if err != nil {
		return "", err
	}
	now := time.Now()
	ctx, cancel := context.WithDeadline(ctx, now.Add(s.options.Timeout))
	defer cancel()
	return s.ask(ctx, one, now, nil), nil
}

// ParticipateAll returns what Participate would for each experiment, in one request and one time-out.
func (s *Session) ParticipateAll(ctx context.Context, experiments map[string][]string, options ...CallOption) (map[string]string, error) {
	var asked []question
	answers := map[string]string{}
	for name, alternatives := range experiments {
		one, err := s.question(name, alternatives, optionsOf(options))
		if err != nil {
			return nil, err
		}
		if one.asks {
			asked = append(asked, one)
		} else {
			answers[name] = one.control()
		}
	}
	now := time.Now()
	ctx, cancel := context.WithDeadline(ctx, now.Add(s.options.Timeout))
	defer cancel()
	replies := s.askTogether(ctx, asked, now)
	for index, one := range asked {
		var known *reply
		if index < len(replies) {
			known = &replies[index]
		}
		answers[one.experiment()] = s.ask(ctx, one, now, known)
	}
	return answers, nil
}

// Convert returns whether the server has the conversion, after retries. Where the alternative was forced, and not recorded,
// nothing is sent. Its error is an *ArgumentError.
func (s *Session) Convert(ctx context.Context, experiment string, options ...CallOption) (bool, error) {
	return s.convert(ctx, &experiment, options)
}

// ConvertAll converts on every experiment that the client is in.
func (s *Session) ConvertAll(ctx context.Context, options ...CallOption) (bool, error) {
	return s.convert(ctx, nil, options)
}

func (s *Session) convert(ctx context.Context, experiment *string, options []CallOption) (bool, error) {
	conversion, err := s.conversion(experiment, optionsOf(options))
	if err != nil || conversion == nil {
		return false, err
	}
	return s.deliverPatiently(ctx, *conversion), nil
}

// Link says, after a login, that the id of this session and the one that the visitor had before are one person's, in every
// experiment that knows one of the two. It returns whether the server has it, after retries. Its error is an *ArgumentError.
func (s *Session) Link(ctx context.Context, previousID string) (bool, error) {
	return s.link(ctx, arguments{"previous_id": previousID})
}

// LinkIn says the same in one experiment.
func (s *Session) LinkIn(ctx context.Context, previousID, experiment string) (bool, error) {
	if err := checkExperiment(experiment); err != nil {
		return false, err
	}
	return s.link(ctx, arguments{"previous_id": previousID, "experiment": experiment})
}

func (s *Session) link(ctx context.Context, args arguments) (bool, error) {
	if err := checkClientID(args["previous_id"].(string)); err != nil {
		return false, err
	}
	args["client_id"] = s.ClientID()
	return s.deliverPatiently(ctx, call{"link", args}), nil
}

func (s *Session) deliverPatiently(ctx context.Context, one call) bool {
	failure := s.deliver(ctx, one)
	for tries := 0; failure != nil && !failure.isFinal() && tries < s.options.Retries; tries++ {
		select {
		case <-ctx.Done():
			s.report(failure)
			return false
		case <-time.After(retryPause << tries):
			failure = s.deliver(ctx, one)
		}
	}
	s.report(failure)
	return failure == nil
}
