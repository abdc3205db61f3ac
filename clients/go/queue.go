package sixpack

import (
	"context"
	"sync"
	"time"
)

const (
	conversionsMax   = 10_000
	conversionAgeMax = 24 * time.Hour
	queueRetryMin    = time.Second
	queueRetryMax    = time.Minute
)

type waiting struct {
	session *Session
	call    call
	since   time.Time
}

// ConversionQueue keeps conversions in memory until the server has them, so that an outage loses none and makes no visitor
// wait. One for a process: it takes the conversions of any session. Each keeps its id however often it is sent, so
// the server counts it once. What is given to it is sent, or reported to the OnFailure of its session.
type ConversionQueue struct {
	mutex   sync.Mutex
	waiting []waiting
	dueAt   time.Time
	pause   time.Duration
	works   bool
	// Closed and made anew at each change.
	changed chan struct{}
}

// NewConversionQueue makes an empty queue.
func NewConversionQueue() *ConversionQueue {
	return &ConversionQueue{pause: queueRetryMin, changed: make(chan struct{})}
}

// Convert takes a conversion, as Session.Convert does, and returns at once.
func (q *ConversionQueue) Convert(session *Session, experiment string, options ...CallOption) error {
	conversion, err := session.conversion(&experiment, optionsOf(options))
	if err != nil || conversion == nil {
		return err
	}
	q.mutex.Lock()
	var lost *waiting
	if len(q.waiting) >= conversionsMax {
		oldest := q.waiting[0]
		lost, q.waiting = &oldest, q.waiting[1:]
	}
	q.waiting = append(q.waiting, waiting{session, *conversion, time.Now()})
	if !q.works {
		q.works = true
		go q.work()
	}
	q.tell()
	q.mutex.Unlock()
	if lost != nil {
		lost.drop("Expected at most 10000 conversions to wait")
	}
	return nil
}

// Len is how many conversions wait, the one being sent among them.
func (q *ConversionQueue) Len() int {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return len(q.waiting)
}

// Flush sends at once what waits. It returns whether nothing waits any more; false when the context ends before.
func (q *ConversionQueue) Flush(ctx context.Context) bool {
	q.mutex.Lock()
	q.dueAt = time.Time{}
	q.tell()
	for len(q.waiting) > 0 {
		changed := q.changed
		q.mutex.Unlock()
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
		q.mutex.Lock()
	}
	q.mutex.Unlock()
	return true
}

// Close is Flush at the end of the process: what is left then is reported.
func (q *ConversionQueue) Close(ctx context.Context) {
	q.Flush(ctx)
	q.mutex.Lock()
	left := q.waiting
	q.waiting = nil
	q.mutex.Unlock()
	for _, one := range left {
		one.drop("Expected the server before the process ended")
	}
}

func (q *ConversionQueue) tell() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// Ends when nothing waits; the next conversion begins anew.
func (q *ConversionQueue) work() {
	for {
		q.mutex.Lock()
		if len(q.waiting) == 0 {
			q.works = false
			q.mutex.Unlock()
			return
		}
		first, changed, rest := q.waiting[0], q.changed, time.Until(q.dueAt)
		q.mutex.Unlock()
		if rest > 0 {
			timer := time.NewTimer(rest)
			select {
			case <-timer.C:
			case <-changed:
			}
			timer.Stop()
			continue
		}
		q.try(first)
	}
}

// Sends one, and puts it at the end where the server is away: others may be luckier.
func (q *ConversionQueue) try(first waiting) {
	failure := first.session.deliver(context.Background(), first.call)
	comesBack := failure != nil && failure.isTemporary() && time.Since(first.since) < conversionAgeMax
	q.mutex.Lock()
	if len(q.waiting) == 0 || q.waiting[0].call.args["id"] != first.call.args["id"] {
		// It was pushed out, or dropped at the end, and reported then.
		q.mutex.Unlock()
		return
	}
	q.waiting = q.waiting[1:]
	if comesBack {
		q.waiting = append(q.waiting, first)
		q.dueAt = time.Now().Add(q.pause)
		if q.pause *= 2; q.pause > queueRetryMax {
			q.pause = queueRetryMax
		}
	} else {
		q.pause = queueRetryMin
	}
	q.tell()
	q.mutex.Unlock()
	if failure != nil && !comesBack {
		first.session.report(failure)
	}
}

func (w waiting) drop(message string) { w.session.report(w.call.failure(Unreachable, message, 0)) }
