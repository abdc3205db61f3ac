package sixpack

import (
	"context"
	"time"
)

// What is sent, and what is made of the replies.

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

// Sends a conversion or a link once, whatever is known of the server: no page waits for it.
func (s *Session) deliver(ctx context.Context, one call) *Failure {
	now := time.Now()
	ctx, cancel := context.WithDeadline(ctx, now.Add(s.options.Timeout))
	defer cancel()
	return one.judge(s.send(ctx, one.path(), one.body(), now))
}

func (s *Session) sendUnlessSilent(ctx context.Context, path string, body []byte, beganAt time.Time) reply {
	if s.server.isSilent() {
		return reply{code: Unreachable, message: "Expected an answer, got none just now, so not asked"}
	}
	return s.send(ctx, path, body, beganAt)
}

func (s *Session) send(ctx context.Context, path string, body []byte, beganAt time.Time) reply {
	return s.server.send(ctx, outgoing{path, s.options.APIKey, body, beganAt, s.options.Timeout})
}

func (s *Session) report(failure *Failure) {
	if failure == nil {
		return
	}
	if s.options.OnFailure == nil {
		s.server.warn(failure)
		return
	}
	// A hook that panics must not change what the call returns.
	defer func() { _ = recover() }()
	s.options.OnFailure(*failure)
}
