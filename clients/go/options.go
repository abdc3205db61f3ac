package sixpack

// CallOption is an option of a participation or a conversion.
type CallOption func(*callOptions)

type callOptions struct {
	trafficFraction *float64
	weights         []float64
	prefetch        bool
	force           string
	recordForce     bool
	kpi             *string
	value           *float64
}

func optionsOf(given []CallOption) callOptions {
	var options callOptions
	for _, set := range given {
		set(&options)
	}
	return options
}

// TrafficFraction is the share of clients that take part, in (0, 1]; without it the stored one is left alone.
func TrafficFraction(fraction float64) CallOption {
	return func(o *callOptions) { o.trafficFraction = &fraction }
}

// Weights are one per alternative; they count when the experiment is made.
func Weights(weights ...float64) CallOption { return func(o *callOptions) { o.weights = weights } }

// Prefetch asks without taking part.
func Prefetch() CallOption { return func(o *callOptions) { o.prefetch = true } }

// Force is the alternative to return, without a request unless RecordForce is given too; ignored when it isn't one.
func Force(alternative string) CallOption { return func(o *callOptions) { o.force = alternative } }

// RecordForce has the server record the alternative that is forced.
func RecordForce() CallOption { return func(o *callOptions) { o.recordForce = true } }

// KPI is what is counted by a conversion.
func KPI(name string) CallOption { return func(o *callOptions) { o.kpi = &name } }

// Value is what a conversion is worth, from -1e12 to 1e12.
func Value(value float64) CallOption { return func(o *callOptions) { o.value = &value } }
