package sixpack_test

import (
	"context"
	"fmt"

	sixpack "github.com/sixpack-ab/client-go"
)

func Example() {
	ctx := context.Background()
	session, err := sixpack.NewSession("http://127.0.0.1:9", sixpack.Options{ClientID: "user-42"})
	if err != nil {
		panic(err)
	}
	color, _ := session.Participate(ctx, "button", []string{"red", "blue"})
	session.Convert(ctx, "button", sixpack.KPI("purchase"), sixpack.Value(19.99))
	// Nobody listens at this address: the control is shown.
	fmt.Println(color)
	// Output: red
}
