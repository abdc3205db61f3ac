// What clients/test/network.test.ts asks of every language: a page of five experiments where the network is silent.
//
// Prints, for each name, what was shown, the codes of failures, and the milliseconds that the page took.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	sixpack "github.com/sixpack-ab/client-go"
)

type page struct {
	Shown []string       `json:"shown"`
	Codes []sixpack.Code `json:"codes"`
	Ms    int64          `json:"ms"`
}

func main() {
	found := map[string]page{}
	for name, timeout := range map[string]time.Duration{"alive": 3 * time.Second, "dead": 0, "unknown": 0} {
		found[name] = visit(fmt.Sprintf("http://%s.example:%s/fine/go", name, os.Args[1]), timeout)
	}
	_ = json.NewEncoder(os.Stdout).Encode(found)
}

func visit(url string, timeout time.Duration) page {
	result := page{Shown: []string{}, Codes: []sixpack.Code{}}
	startedAt := time.Now()
	session, err := sixpack.NewSession(url, sixpack.Options{Timeout: timeout, OnFailure: func(failure sixpack.Failure) {
		result.Codes = append(result.Codes, failure.Code)
	}})
	if err != nil {
		panic(err)
	}
	for number := 0; number < 5; number++ {
		shown, _ := session.Participate(context.Background(), fmt.Sprintf("page-%d", number), []string{"red", "blue"})
		result.Shown = append(result.Shown, shown)
	}
	result.Ms = time.Since(startedAt).Milliseconds()
	return result
}
