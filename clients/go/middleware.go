package sixpack

import (
	"bufio"
	"context"
	"log"
	"net"
	"net/http"
)

type contextKey struct{}

// Middleware puts the session of each request into its context, and sets the cookie of a new client where the session was
// used before the response began. perRequest gives options that depend on the request; nil for none.
func Middleware(baseURL string, perRequest func(*http.Request) Options, next http.Handler) (http.Handler, error) {
	if perRequest == nil {
		perRequest = func(*http.Request) Options { return Options{} }
	}
	// A mistake in the URL shows at the start.
	if _, err := NewSession(baseURL, Options{}); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := FromRequest(baseURL, r, perRequest(r))
		if err != nil {
			// Of perRequest. They cost neither the page, nor a consent: no cookie is set.
			log.Printf("sixpack: the options of a request are not valid, so it has none of its own: %v", err)
			session, _ = FromRequest(baseURL, r, Options{})
			session.setsCookie = false
		}
		writer := &cookieWriter{ResponseWriter: w, session: session}
		next.ServeHTTP(writer, r.WithContext(context.WithValue(r.Context(), contextKey{}, session)))
		writer.begin()
	}), nil
}

// FromContext is the session that Middleware made, nil without it.
func FromContext(ctx context.Context) *Session {
	session, _ := ctx.Value(contextKey{}).(*Session)
	return session
}

type cookieWriter struct {
	http.ResponseWriter
	session *Session
	began   bool
}

func (w *cookieWriter) begin() {
	if w.began {
		return
	}
	w.began = true
	if cookie := w.session.CookieToSet(); cookie != "" {
		w.Header().Add("Set-Cookie", cookie)
	}
}

func (w *cookieWriter) WriteHeader(status int) {
	// An interim answer, such as 103, is not the response yet.
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		w.begin()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *cookieWriter) Write(body []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(body)
}

// Flush is for pages that are sent in pieces.
func (w *cookieWriter) Flush() {
	w.begin()
	if flusher, ok := w.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

// Hijack is for WebSockets, whose libraries ask the writer itself.
func (w *cookieWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacker, ok := w.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, http.ErrNotSupported
	}
	return hijacker.Hijack()
}

// Unwrap is for http.ResponseController.
func (w *cookieWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
