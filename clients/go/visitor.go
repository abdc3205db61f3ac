package sixpack

import (
	"net/url"
	"strings"
)

// What is asked by a client, checked before anything is sent.

func (s *Session) use() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.isUsed = true
}

func (s *Session) visitor() arguments {
	args := arguments{"client_id": s.clientID}
	if address := ornament(s.options.IPAddress); address != "" {
		args["ip_address"] = address
	}
	if agent := ornament(s.options.UserAgent); agent != "" {
		args["user_agent"] = agent
	}
	return args
}

func (s *Session) question(experiment string, alternatives []string, options callOptions) (question, error) {
	if err := checkParticipation(experiment, alternatives, options); err != nil {
		return question{}, err
	}
	forced := options.force
	if forced == "" {
		forced = s.forced.Get("sixpack-force-" + experiment)
	}
	if !contains(alternatives, forced) {
		forced = ""
	}
	args := s.visitor()
	args["experiment"], args["alternatives"] = experiment, alternatives
	for dimension, value := range s.options.Segments {
		if value = ornament(value); value != "" {
			args["segment."+dimension] = value
		}
	}
	if options.trafficFraction != nil {
		args["traffic_fraction"] = *options.trafficFraction
	}
	if options.weights != nil {
		args["weights"] = options.weights
	}
	if options.covariate != nil {
		args["covariate"] = *options.covariate
	}
	if options.prefetch {
		args["prefetch"] = true
	}
	if forced != "" {
		args["force"], args["record_force"] = forced, true
	}
	asks := forced == "" || options.recordForce
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.isUsed = true
	s.shownByForce[experiment] = !asks
	return question{call{"participate", args}, alternatives, forced, asks}, nil
}

func (s *Session) conversion(experiment *string, options callOptions) (*call, error) {
	args := s.visitor()
	args["id"] = newID()
	if experiment != nil {
		if err := checkExperiment(*experiment); err != nil {
			return nil, err
		}
		args["experiment"] = *experiment
	}
	if options.kpi != nil {
		if err := checkName("a KPI", *options.kpi); err != nil {
			return nil, err
		}
		args["kpi"] = *options.kpi
	}
	if options.value != nil {
		if err := checkNumber("a value", options.value); err != nil {
			return nil, err
		}
		args["value"] = *options.value
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.isUsed = true
	if experiment != nil && s.shownByForce[*experiment] {
		return nil, nil
	}
	return &call{"convert", args}, nil
}

// Not url.ParseQuery, which drops what any visitor may type.
func forcedIn(query string) url.Values {
	forced := url.Values{}
	for _, pair := range strings.Split(strings.TrimPrefix(query, "?"), "&") {
		name, value, _ := strings.Cut(pair, "=")
		decodedName, nameErr := url.QueryUnescape(name)
		decodedValue, valueErr := url.QueryUnescape(value)
		if nameErr == nil && valueErr == nil {
			forced.Add(decodedName, decodedValue)
		}
	}
	return forced
}
