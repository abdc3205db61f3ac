<?php

declare(strict_types=1);

namespace Sixpack\Client;

/**
 * The client of a session, and what it asks: arguments are checked here, and forced alternatives known.
 *
 * @internal
 */
final class Visitor
{
    /** Whether anybody asked for anything. */
    public bool $isUsed = false;
    /** @var array<string, string> */
    private readonly array $arguments;
    /** @var array<string, true> experiments whose alternative was forced, and not recorded */
    private array $shownByForce = [];

    /** @var array<string, string> those of participations alone */
    private readonly array $segments;

    /**
     * @param string $query of the page
     * @param array<string, string|null> $segments by dimension
     */
    public function __construct(
        public readonly string $clientId,
        ?string $ipAddress,
        ?string $userAgent,
        private readonly string $query,
        array $segments,
    ) {
        Names::checkClientId($clientId);
        $known = [
            'client_id' => $clientId,
            'ip_address' => Names::ornament($ipAddress),
            'user_agent' => Names::ornament($userAgent),
        ];
        $isGiven = static fn (string $text): bool => $text !== '';
        $this->arguments = array_filter($known, $isGiven);
        $named = [];
        foreach ($segments as $dimension => $value) {
            Names::checkName('a dimension', (string) $dimension);
            $named["segment.$dimension"] = Names::ornament($value);
        }
        $this->segments = array_filter($named, $isGiven);
    }

    /**
     * @param list<string> $alternatives
     * @param list<int|float>|null $weights
     */
    public function question(
        string $experiment,
        array $alternatives,
        ?float $trafficFraction = null,
        ?array $weights = null,
        bool $prefetch = false,
        ?string $force = null,
        bool $recordForce = false,
        int|float|null $covariate = null,
    ): Question {
        Names::checkExperiment($experiment);
        Names::checkAlternatives($alternatives);
        Names::checkTrafficFraction($trafficFraction);
        Names::checkWeights($weights, count($alternatives));
        Names::checkNumber('a covariate', $covariate);
        $this->isUsed = true;
        $wished = $force ?? $this->forcedByQuery($experiment);
        $forced = in_array($wished, $alternatives, true) ? $wished : null;
        $asks = $forced === null || $recordForce;
        unset($this->shownByForce[$experiment]);
        if (!$asks) {
            $this->shownByForce[$experiment] = true;
        }
        return new Question(new Call('participate', [
            'experiment' => $experiment,
            'alternatives' => $alternatives,
            ...$this->arguments,
            ...$this->segments,
            'traffic_fraction' => $trafficFraction,
            'weights' => $weights,
            'covariate' => $covariate,
            'prefetch' => $prefetch ? true : null,
            'force' => $forced,
            'record_force' => $forced === null ? null : true,
        ]), $alternatives, $forced, $asks);
    }

    /** What a conversion sends, null where the server could only refuse. */
    public function conversion(?string $experiment, ?string $kpi, int|float|null $value): ?Call
    {
        if ($experiment !== null) {
            Names::checkExperiment($experiment);
        }
        if ($kpi !== null) {
            Names::checkName('a KPI', $kpi);
        }
        Names::checkNumber('a value', $value);
        $this->isUsed = true;
        if (isset($this->shownByForce[$experiment ?? ''])) {
            return null;
        }
        return new Call('convert', [
            'experiment' => $experiment,
            ...$this->arguments,
            'kpi' => $kpi,
            'value' => $value,
            'id' => ClientId::generate(),
        ]);
    }

    public function linking(string $previousId, ?string $experiment): Call
    {
        Names::checkClientId($previousId);
        if ($experiment !== null) {
            Names::checkExperiment($experiment);
        }
        $this->isUsed = true;
        $arguments = ['client_id' => $this->clientId, 'previous_id' => $previousId, 'experiment' => $experiment];
        return new Call('link', $arguments);
    }

    private function forcedByQuery(string $experiment): ?string
    {
        // Not $_GET, nor parse_str: PHP changes some names there.
        foreach (explode('&', ltrim($this->query, '?')) as $pair) {
            [$name, $value] = explode('=', $pair, 2) + [1 => ''];
            if (urldecode($name) === "sixpack-force-$experiment") {
                return urldecode($value);
            }
        }
        return null;
    }
}
