// Package sixpack is a client of the Sixpack A/B testing server, without dependencies.
//
//	session, err := sixpack.NewSession("http://localhost:5000", sixpack.Options{ClientID: "user-42"})
//	color, err := session.Participate(ctx, "button", []string{"red", "blue"})
//
// A test is never in the way of the page: whatever happens between client and server, Participate returns an alternative
// within the time-out. Its error is for arguments that break the rules alone; OnFailure is told of everything else.
// docs/client-spec.md is the contract.
package sixpack
