package sixpack

import "time"

const (
	timeoutDefault = 500 * time.Millisecond
	timeoutMax     = 24 * time.Hour
	retriesDefault = 2
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
	// How often a conversion or a link is tried again. Default: 2; -1 is never.
	Retries int
	// Told of everything that went wrong. What it panics with is ignored. Default: the standard logger, once a minute for each
	// kind of failure.
	OnFailure func(Failure)
	// Of the cookie, for sites whose hosts (www., shop.) share their visitors.
	CookieDomain string
	// "none": no cookie is read or set, as before consent. Default: "cookie", unless a ClientID is given.
	Storage string
	// Parts of the visitors that this one belongs to, by dimension: {"plan": "pro"}.
	Segments map[string]string
	// For an open server, one of its api_keys. Sent in a header.
	APIKey string
}

// The same with its defaults, or what is wrong with it.
func (o Options) checked() (Options, error) {
	switch {
	case o.Timeout < 0 || o.Timeout > timeoutMax:
		return o, &ArgumentError{"a time-out of more than 0 and at most a day", o.Timeout}
	case o.Storage != "" && o.Storage != storageCookie && o.Storage != storageNothing:
		return o, &ArgumentError{"the storage cookie or none", o.Storage}
	case !domainPattern.MatchString(o.CookieDomain):
		return o, &ArgumentError{"a cookie domain like example.com", o.CookieDomain}
	case o.APIKey != "" && !keyPattern.MatchString(o.APIKey):
		// It is not repeated: messages go to logs.
		return o, &ArgumentError{"an API key of letters, digits and signs", "another text"}
	}
	for dimension := range o.Segments {
		if err := checkName("a dimension", dimension); err != nil {
			return o, err
		}
	}
	if o.Timeout == 0 {
		o.Timeout = timeoutDefault
	}
	if o.Retries == 0 {
		o.Retries = retriesDefault
	}
	return o, nil
}

// CallOption is an option of a participation or a conversion.
type CallOption func(*callOptions)

type callOptions struct {
	trafficFraction *float64
	weights         []float64
	covariate       *float64
	prefetch        bool
	force           string
	recordForce     bool
	kpi             *string
	value           *float64
}

func optionsOf(given []CallOption) callOptions {
	var options callOptions
	for _, set := range given {
		set(&options)
	}
	return options
}

// TrafficFraction is the share of clients that take part, in (0, 1]; without it the stored one is left alone.
func TrafficFraction(fraction float64) CallOption {
	return func(o *callOptions) { o.trafficFraction = &fraction }
}

// Weights are one per alternative; they count when the experiment is made.
func Weights(weights ...float64) CallOption { return func(o *callOptions) { o.weights = weights } }

// Covariate is a number about the client from before the test, such as its orders of the last 90 days, from -1e12 to 1e12.
// The server keeps that of the first participation; leave it out where nothing is known.
func Covariate(number float64) CallOption { return func(o *callOptions) { o.covariate = &number } }

// Prefetch asks without taking part.
func Prefetch() CallOption { return func(o *callOptions) { o.prefetch = true } }

// Force is the alternative to return, without a request unless RecordForce is given too; ignored when it isn't one.
func Force(alternative string) CallOption { return func(o *callOptions) { o.force = alternative } }

// RecordForce has the server record the alternative that is forced.
func RecordForce() CallOption { return func(o *callOptions) { o.recordForce = true } }

// KPI is what is counted by a conversion.
func KPI(name string) CallOption { return func(o *callOptions) { o.kpi = &name } }

// Value is what a conversion is worth, from -1e12 to 1e12.
func Value(value float64) CallOption { return func(o *callOptions) { o.value = &value } }
