module github.com/sixpack-ab/client-go

go 1.19
