package sixpack

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const (
	batchCallsMax = 100
	// The server takes bodies of 64 KiB.
	batchBytesMax = 60_000
)

// What a call sends; what is absent is not there.
type arguments map[string]any

type call struct {
	name string
	args arguments
}

func (c call) experiment() string {
	name, _ := c.args["experiment"].(string)
	return name
}

func (c call) isPost() bool { return c.name == "link" }

// What a POST of this call alone sends; nil for a GET.
func (c call) body() []byte {
	if !c.isPost() {
		return nil
	}
	body, err := json.Marshal(c.args)
	if err != nil {
		panic(err) // Texts that were checked.
	}
	return body
}

func (c call) path() string {
	if c.isPost() {
		return "/" + c.name
	}
	query := url.Values{}
	for name, value := range c.args {
		switch value := value.(type) {
		case []string:
			query[name] = value
		case []float64:
			for _, item := range value {
				query.Add(name, decimal(item))
			}
		case float64:
			query.Set(name, decimal(value))
		default:
			query.Set(name, fmt.Sprint(value))
		}
	}
	return "/" + c.name + "?" + query.Encode()
}

func decimal(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

func (c call) failure(code Code, message string, status int) *Failure {
	return &Failure{code, c.name, c.experiment(), message, status}
}

// The failure that a reply is, nil for a good answer to this call.
func (c call) judge(r reply) *Failure {
	if r.code != "" {
		return c.failure(r.code, r.message, r.status)
	}
	message, _ := r.fields["message"].(string)
	if message == "" {
		message = r.message
	}
	switch {
	case r.status >= 500:
		return c.failure(ServerError, message, r.status)
	case r.status >= 400:
		return c.failure(Rejected, message, r.status)
	case r.status >= 300:
		return c.failure(Redirect, message, r.status)
	case r.fields["status"] != "ok":
		return c.failure(BadAnswer, message, r.status)
	}
	if stranger := c.strangerIn(r.fields); stranger != "" {
		// A connection that gave somebody else's answer is out of step.
		transport.CloseIdleConnections()
		return c.failure(BadAnswer, stranger, r.status)
	}
	return nil
}

// Why the answer is somebody else's. A robot's conversion is answered without names.
func (c call) strangerIn(fields map[string]any) string {
	about, _ := fields["experiment"].(map[string]any)
	for name, got := range map[string]any{"client_id": fields["client_id"], "experiment": about["name"]} {
		if asked := c.args[name]; asked != nil && got != nil && got != asked {
			return fmt.Sprintf("Expected the answer of %s %q, got that of %v", name, asked, got)
		}
	}
	return ""
}

// A participation: what is asked, and what is shown whatever the answer is.
type question struct {
	call
	alternatives []string
	forced       string
	asks         bool
}

func (q question) control() string {
	if q.forced != "" {
		return q.forced
	}
	return q.alternatives[0]
}

// The alternative to show, and what went wrong.
func (q question) answer(r reply) (string, *Failure) {
	if failure := q.judge(r); failure != nil {
		return q.control(), failure
	}
	alternative, _ := r.fields["alternative"].(map[string]any)
	name, _ := alternative["name"].(string)
	if !contains(q.alternatives, name) {
		message := fmt.Sprintf("Expected one of %s, got %q", strings.Join(q.alternatives, ", "), name)
		return q.control(), q.failure(BadAnswer, message, r.status)
	}
	if q.forced != "" {
		return q.forced, nil
	}
	return name, nil
}

// As many to a request as the server takes.
func batchesOf(questions []question) [][]question {
	var parts [][]question
	size := 0
	for _, one := range questions {
		length := len(batchBody([]question{one}))
		last := len(parts) - 1
		if last < 0 || len(parts[last]) == batchCallsMax || size+length > batchBytesMax {
			parts = append(parts, nil)
			last, size = last+1, 0
		}
		parts[last] = append(parts[last], one)
		size += length
	}
	return parts
}

func batchBody(questions []question) []byte {
	calls := make([]map[string]arguments, len(questions))
	for index, one := range questions {
		calls[index] = map[string]arguments{one.name: one.args}
	}
	body, err := json.Marshal(map[string]any{"calls": calls})
	if err != nil {
		panic(err) // Texts and numbers that were checked.
	}
	return body
}

// The reply to each call. A batch that failed as a whole is that failure for each.
func batchReplies(r reply, count int) []reply {
	replies := make([]reply, count)
	answers, _ := r.fields["answers"].([]any)
	for index := range replies {
		replies[index] = r
		if r.code != "" || r.status >= 300 || r.fields["status"] != "ok" {
			continue
		}
		replies[index] = reply{status: r.status, message: "Expected an answer for each call of a batch"}
		if index >= len(answers) {
			continue
		}
		fields, _ := answers[index].(map[string]any)
		if status, ok := fields["http_status"].(float64); ok {
			replies[index] = reply{status: int(status), fields: fields}
		}
	}
	return replies
}
