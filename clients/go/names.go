package sixpack

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	alternativesMax = 100
	valueMax        = 1e12
	// In UTF-16 code units, as the server counts.
	clientIDLengthMax = 1024
	experimentMax     = 255
	// Of a user agent or an address, in characters: the server takes URLs of 16 KiB.
	ornamentLengthMax = 512
)

var (
	namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,254}\z`)
	keyPattern  = regexp.MustCompile(`^[!-~]+\z`)
)

// ArgumentError says that an argument breaks the rules, a mistake in the program. Nothing was sent.
type ArgumentError struct {
	Expected string
	Got      any
}

func (e *ArgumentError) Error() string { return fmt.Sprintf("Expected %s, got %#v", e.Expected, e.Got) }

func checkName(what, name string) error {
	if namePattern.MatchString(name) {
		return nil
	}
	return &ArgumentError{what + " of 1 to 255 letters, digits, - or _", name}
}

// The server's rule: any text it can keep unchanged, but for the two that browsers take for a step in a path.
func checkExperiment(name string) error {
	isControl := func(r rune) bool { return r < 0x20 || r >= 0x7f && r <= 0x9f }
	length := utf8.RuneCountInString(name)
	if utf8.ValidString(name) && length >= 1 && length <= experimentMax && name != "." && name != ".." &&
		strings.IndexFunc(name, isControl) < 0 {
		return nil
	}
	return &ArgumentError{"an experiment of 1 to 255 characters without control characters, not . or ..", name}
}

func checkAlternatives(names []string) error {
	if len(names) < 2 || len(names) > alternativesMax {
		return &ArgumentError{"2 to 100 alternatives", names}
	}
	for index, name := range names {
		if err := checkName("an alternative", name); err != nil {
			return err
		}
		if contains(names[:index], name) {
			return &ArgumentError{"different alternatives", names}
		}
	}
	return nil
}

func checkParticipation(experiment string, alternatives []string, options callOptions) error {
	if err := checkExperiment(experiment); err != nil {
		return err
	}
	if err := checkAlternatives(alternatives); err != nil {
		return err
	}
	if fraction := options.trafficFraction; fraction != nil && !(*fraction > 0 && *fraction <= 1) {
		return &ArgumentError{"a traffic fraction in (0, 1]", *fraction}
	}
	if options.weights != nil && len(options.weights) != len(alternatives) {
		return &ArgumentError{"a weight per alternative", options.weights}
	}
	if err := checkNumber("a covariate", options.covariate); err != nil {
		return err
	}
	for _, weight := range options.weights {
		if !(weight >= 0) || math.IsInf(weight, 0) {
			return &ArgumentError{"weights, none negative", options.weights}
		}
	}
	return nil
}

func checkNumber(what string, number *float64) error {
	if number == nil || math.Abs(*number) <= valueMax {
		return nil
	}
	return &ArgumentError{what + " from -1e12 to 1e12", *number}
}

func checkClientID(id string) error {
	if id != "" && utf8.ValidString(id) && !strings.Contains(id, "\x00") && len(utf16.Encode([]rune(id))) <= clientIDLengthMax {
		return nil
	}
	return &ArgumentError{"a client id of 1 to 1024 characters", id}
}

// What visitors send is bytes, whatever they are: an ornament must not cost a call.
func ornament(text string) string {
	runes := []rune(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""))
	if len(runes) > ornamentLengthMax {
		runes = runes[:ornamentLengthMax]
	}
	return string(runes)
}

func contains(names []string, name string) bool {
	for _, other := range names {
		if other == name {
			return true
		}
	}
	return false
}
