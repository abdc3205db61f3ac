package sixpack

import (
	"context"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	timeoutDefault = 500 * time.Millisecond
	retriesDefault = 2
	// First pause before a conversion is tried again; each further one is twice as long.
	retryPause = 100 * time.Millisecond
)

// Options of a session. What is left out has its default.
type Options struct {
	// Who is randomised. Default: the one in Cookie, else a new UUID.
	ClientID string
	// The Cookie header of the request at hand.
	Cookie string
	// The query string of the page, for ?sixpack-force-NAME=ALTERNATIVE.
	Query string
	// Of the visitor; forwarded.
	IPAddress, UserAgent string
	// Longest time of one call. Default: half a second.
	Timeout time.Duration
	// How often a conversion is tried again. Default: 2; -1 is never.
	Retries int
	// Told of everything that went wrong. What it panics with is ignored.
	OnFailure func(Failure)
	// Of the cookie, for sites whose hosts (www., shop.) share their visitors.
	CookieDomain string
	// "none": no cookie is read or set, as before a consent. Default: "cookie", unless a ClientID is given.
	Storage string
}

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
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || strings.ContainsAny(baseURL, "?# ") {
		return nil, &ArgumentError{"an http(s) base URL without query", baseURL}
	}
	if options.Timeout < 0 {
		return nil, &ArgumentError{"a time-out of more than 0", options.Timeout}
	}
	if options.Storage != "" && options.Storage != storageCookie && options.Storage != storageNothing {
		return nil, &ArgumentError{"the storage cookie or none", options.Storage}
	}
	if !domainPattern.MatchString(options.CookieDomain) {
		return nil, &ArgumentError{"a cookie domain like example.com", options.CookieDomain}
	}
	if options.Timeout == 0 {
		options.Timeout = timeoutDefault
	}
	if options.Retries == 0 {
		options.Retries = retriesDefault
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
	failure := s.deliver(ctx, *conversion)
	for tries := 0; failure != nil && !failure.isFinal() && tries < s.options.Retries; tries++ {
		select {
		case <-ctx.Done():
			s.report(failure)
			return false, nil
		case <-time.After(retryPause << tries):
			failure = s.deliver(ctx, *conversion)
		}
	}
	s.report(failure)
	return failure == nil, nil
}

func (s *Session) use() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.isUsed = true
}

func (s *Session) visitor() arguments {
	args := arguments{"client_id": s.clientID}
	if address := ornament(s.options.IPAddress); address != "" {
		args["ip_address"] = address
	}
	if agent := ornament(s.options.UserAgent); agent != "" {
		args["user_agent"] = agent
	}
	return args
}

func (s *Session) question(experiment string, alternatives []string, options callOptions) (question, error) {
	if err := checkParticipation(experiment, alternatives, options); err != nil {
		return question{}, err
	}
	forced := options.force
	if forced == "" {
		forced = s.forced.Get("sixpack-force-" + experiment)
	}
	if !contains(alternatives, forced) {
		forced = ""
	}
	args := s.visitor()
	args["experiment"], args["alternatives"] = experiment, alternatives
	if options.trafficFraction != nil {
		args["traffic_fraction"] = *options.trafficFraction
	}
	if options.weights != nil {
		args["weights"] = options.weights
	}
	if options.prefetch {
		args["prefetch"] = true
	}
	if forced != "" {
		args["force"], args["record_force"] = forced, true
	}
	asks := forced == "" || options.recordForce
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.isUsed = true
	s.shownByForce[experiment] = !asks
	return question{call{"participate", args}, alternatives, forced, asks}, nil
}

func (s *Session) conversion(experiment *string, options callOptions) (*call, error) {
	args := s.visitor()
	args["id"] = newID()
	if experiment != nil {
		if err := checkExperiment(*experiment); err != nil {
			return nil, err
		}
		args["experiment"] = *experiment
	}
	if options.kpi != nil {
		if err := checkName("a KPI", *options.kpi); err != nil {
			return nil, err
		}
		args["kpi"] = *options.kpi
	}
	if options.value != nil {
		if !(math.Abs(*options.value) <= valueMax) {
			return nil, &ArgumentError{"a value from -1e12 to 1e12", *options.value}
		}
		args["value"] = *options.value
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.isUsed = true
	if experiment != nil && s.shownByForce[*experiment] {
		return nil, nil
	}
	return &call{"convert", args}, nil
}

func (s *Session) ask(ctx context.Context, one question, beganAt time.Time, known *reply) string {
	if !one.asks {
		return one.control()
	}
	if known == nil {
		got := s.sendUnlessSilent(ctx, one.path(), nil, beganAt)
		known = &got
	}
	alternative, failure := one.answer(*known)
	s.report(failure)
	return alternative
}

// Replies in order; fewer, or none, where each has to be asked alone.
func (s *Session) askTogether(ctx context.Context, asked []question, beganAt time.Time) []reply {
	var replies []reply
	if len(asked) < 2 {
		return nil
	}
	for _, part := range batchesOf(asked) {
		if !s.server.takesBatches() {
			return replies
		}
		got := s.sendUnlessSilent(ctx, "/batch", batchBody(part), beganAt)
		// Other refusals, a 429 among them, are those of the calls.
		if got.status == 404 || got.status == 405 || got.status == 415 {
			s.server.learn(func() { s.server.knowsNoBatches = true })
			return replies
		}
		replies = append(replies, batchReplies(got, len(part))...)
	}
	return replies
}

// Sends a conversion once, whatever is known of the server: no page waits for it.
func (s *Session) deliver(ctx context.Context, conversion call) *Failure {
	now := time.Now()
	ctx, cancel := context.WithDeadline(ctx, now.Add(s.options.Timeout))
	defer cancel()
	return conversion.judge(s.server.send(ctx, conversion.path(), nil, now, s.options.Timeout))
}

func (s *Session) sendUnlessSilent(ctx context.Context, path string, body []byte, beganAt time.Time) reply {
	if s.server.isSilent() {
		return reply{code: Unreachable, message: "Expected an answer, got none just now"}
	}
	return s.server.send(ctx, path, body, beganAt, s.options.Timeout)
}

func (s *Session) report(failure *Failure) {
	if failure == nil || s.options.OnFailure == nil {
		return
	}
	// A hook that panics must not change what the call returns.
	defer func() { _ = recover() }()
	s.options.OnFailure(*failure)
}

// Not url.ParseQuery, which drops what any visitor may type.
func forcedIn(query string) url.Values {
	forced := url.Values{}
	for _, pair := range strings.Split(strings.TrimPrefix(query, "?"), "&") {
		name, value, _ := strings.Cut(pair, "=")
		decodedName, nameErr := url.QueryUnescape(name)
		decodedValue, valueErr := url.QueryUnescape(value)
		if nameErr == nil && valueErr == nil {
			forced.Add(decodedName, decodedValue)
		}
	}
	return forced
}
