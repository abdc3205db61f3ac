package sixpack

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	cookieName     = "sixpack_client_id"
	cookieAgeS     = 34_560_000
	storageCookie  = "cookie"
	storageNothing = "none"
)

var (
	cookiePattern = regexp.MustCompile(`(?:^|; *)` + cookieName + `=([^;]*)`)
	domainPattern = regexp.MustCompile(`^[A-Za-z0-9.-]*\z`)
)

// A UUID, version 4.
func newID() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // The system has no randomness: nothing is safe then.
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// The client id in a Cookie header, "" where there is none.
func idFromCookie(header string) string {
	found := cookiePattern.FindStringSubmatch(header)
	if found == nil {
		return ""
	}
	id := found[1]
	// What can't be decoded is taken as it stands.
	if decoded, err := url.PathUnescape(id); err == nil && utf8.ValidString(decoded) {
		id = decoded
	}
	if checkClientID(id) != nil {
		return ""
	}
	return id
}

func cookieFor(id, domain string) string {
	value := strings.ReplaceAll(url.QueryEscape(id), "+", "%20")
	cookie := fmt.Sprintf("%s=%s; Path=/; Max-Age=%d; SameSite=Lax", cookieName, value, cookieAgeS)
	if domain != "" {
		cookie += "; Domain=" + domain
	}
	return cookie
}
