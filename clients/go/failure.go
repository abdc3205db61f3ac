package sixpack

import "fmt"

// Code says what can go wrong with a call.
type Code string

const (
	// Timeout: no complete answer within the time-out.
	Timeout Code = "timeout"
	// Unreachable: no connection, or it ended before an answer began; also a server that was silent just now.
	Unreachable Code = "unreachable"
	// Redirect: status 3xx. Redirects are not followed.
	Redirect Code = "redirect"
	// Rejected: status 4xx, the server understood and refused.
	Rejected Code = "rejected"
	// ServerError: status 5xx.
	ServerError Code = "server-error"
	// BadAnswer: status 2xx, but not a complete JSON answer to the call.
	BadAnswer Code = "bad-answer"
)

// Failure is a call that did not succeed; what OnFailure is given.
type Failure struct {
	Code Code
	// "participate", "convert" or "link".
	Call string
	// "" for a conversion or a link in every experiment.
	Experiment string
	// For people: what was expected and what came, or the server's own words.
	Message string
	// HTTP status, 0 where there was no answer.
	Status int
}

// Whether sending the same again at once can't help.
func (f *Failure) isFinal() bool { return f.Code == Rejected || f.Code == Redirect }

// Whether it may be another matter later.
func (f *Failure) isTemporary() bool {
	return !f.isFinal() || f.Status == 408 || f.Status == 425 || f.Status == 429
}

// A line for a log. What a server of another kind says has to be asked of its address.
func (f *Failure) warning(baseURL string) string {
	experiment, advice := f.Experiment, ". Does Sixpack's API answer there?"
	if experiment == "" {
		experiment = "every experiment"
	}
	if f.Status != 404 && (f.Code == Rejected || f.Code == ServerError) {
		advice = ""
	}
	return fmt.Sprintf("sixpack: %s of %s at %s: %s, %s%s", f.Call, experiment, baseURL, f.Code, f.Message, advice)
}
