package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	sixpack "github.com/sixpack-ab/client-go"
)

func main() {
	pages := http.NewServeMux()
	pages.HandleFunc("/", home)
	pages.HandleFunc("/buy", buy)
	shop, err := sixpack.Middleware(setting("SIXPACK_URL", "http://localhost:5000"), nil, pages)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:"+setting("PORT", "3000"), shop))
}

func home(w http.ResponseWriter, r *http.Request) {
	// "/" gets every path without a page, such as the icon that browsers ask for.
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	color, _ := sixpack.FromContext(r.Context()).Participate(r.Context(), "go-button", []string{"red", "blue"})
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, `<form method="post" action="/buy"><button style="color: %s">Buy in %s</button></form>`, color, color)
}

func buy(w http.ResponseWriter, r *http.Request) {
	sixpack.FromContext(r.Context()).Convert(r.Context(), "go-button")
	fmt.Fprint(w, "Thank you")
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
